"""How a mark came about, as a partner says it: checked and put into the canonical words.

Not here: what a mark is worth (each connector), what its lineage means (`core.lineage`).
"""

from __future__ import annotations

from gateway.connector.protocol import Untranslatable
from gateway.core.lineage import Lineage, MarkMethod, ValuedBy
from gateway.core.vocabulary import RejectCode

LONGEST_NAME = 120
"""Characters of the name of a valuer or an approver."""


def lineage_said(method: MarkMethod, valued_by: ValuedBy, valuer: str, approver: str) -> Lineage:
    """The lineage of a mark; blanks around names are nothing.

    Raises:
        Untranslatable: A name is longer than a name is.
    """
    names = valuer.strip(), approver.strip()
    if any(len(name) > LONGEST_NAME for name in names):
        detail = f"valuer and approver are names of at most {LONGEST_NAME} characters"
        raise Untranslatable(RejectCode.SCHEMA, detail)
    return Lineage(method, valued_by, *names)
