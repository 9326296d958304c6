"""Partner connectors, found by entry points; each is a room of its own.

They see the kit (`gateway.connector`) and the vocabulary (`gateway.core`), nothing else,
and not each other.
"""
