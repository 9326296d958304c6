"""`gateway show`: what was decided, as tables for people or JSON for programs.

It must never show a participant's identifier, or write anything.
"""

from gateway.ops.show.command import LIMIT, READS, run, view
from gateway.ops.show.part import Part, say

__all__ = ["LIMIT", "READS", "Part", "run", "say", "view"]
