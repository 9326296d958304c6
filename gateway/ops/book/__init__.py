"""`gateway book`: reference data as a file, checked and published as book changes.

It must never change the book in any other way than by a message.
"""
