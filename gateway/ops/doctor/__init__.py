"""`gateway doctor`: what a gateway needs, how far it is, and what waits for a person.

It must never put anything right by itself.
"""
