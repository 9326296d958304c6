"""`python -m gateway`: the same commands as the `gateway` script.

Not here: parsing, and the refusal to run with asserts switched off; `gateway.ops.cli` does both.
"""

from __future__ import annotations

from gateway.ops.cli import main

if __name__ == "__main__":
    main()
