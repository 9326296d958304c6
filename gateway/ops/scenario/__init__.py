"""Scenario files: a business day as people write it, played by the real desks.

Not here: the command line (`gateway.ops.cli`), rules of the trade (`gateway.core`).
"""
