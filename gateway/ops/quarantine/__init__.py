"""`gateway quarantine`: messages set aside, looked at, redriven or discarded by two people.

It must never change a byte of what was set aside, act on one person's word, or print a message
unless asked for its raw bytes.
"""
