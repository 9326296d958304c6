"""The hosts that seat desks at a log. Never a rule of the trade."""
