"""The partner kit: what a connector is. Never a partner's name."""
