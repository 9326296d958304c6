"""What people run: the commands, a broker for trials, the demonstration, the bench.

It must never hold a rule of the trade, write history, or print a participant's identifier.
"""
