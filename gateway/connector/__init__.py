"""The partner kit: what a connector is, and the words in which it speaks to a desk.

It must never name a partner, decide anything of the trade, or import a desk.
"""
