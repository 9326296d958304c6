"""`gateway publish`: records from JSON files, and ticks of the clock.

It must never send a part of what it was given when another part is wrong.
"""
