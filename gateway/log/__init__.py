"""Partitions of bytes: read from a position, append atomically to several, fence an owner.

The same port has several homes. None may know a desk, a schema or what its bytes mean,
and no caller may need to know which home it has.
"""
