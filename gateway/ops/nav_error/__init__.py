"""`gateway nav-error`: what sessions published at a wrong NAV did, and what puts it right.

Not here: booking any of it; a recordkeeper corrects its participants, people decide who pays.
"""
