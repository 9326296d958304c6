"""What people run: commands, broker, demo. Never a rule of the trade."""
