"""A synthetic nation in small, its business day, and an ordinary producer that publishes it.

It must never be mistaken for anybody's records: names, numbers and dialects are made up.
"""
