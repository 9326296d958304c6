"""`gateway rules`: which rules there are, where they come from, and where they are proved.

Never here: a rule, or a figure of one.
"""
