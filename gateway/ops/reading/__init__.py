"""The reading room: what journals say, as rows for the commands that show and explain.

It must never write, and never show a participant.
"""
