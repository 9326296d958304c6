"""The hosts that seat desks at a log: take, decide, append, and only then acknowledge.

It must never hold a rule of the trade, swallow an error, or ask whether it is being tested.
"""
