"""`gateway explain`: from a figure back to the raw messages that caused it.

It must never show a figure that does not add up, or a participant.
"""
