"""The command: its start against bare Python's, and a placement over the whole catalogue."""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.timing import Measured, in_process, paired

ROOT = Path(__file__).resolve().parents[1]
WORKLOAD = ROOT / "stacks" / "workloads" / "chat.yaml"
LICHEN = (sys.executable, "-m", "lichen.cli")
BARE = (sys.executable, "-c", "pass")


def measure() -> list[Measured]:
    """Every figure of the command, each against bare Python in the same run."""
    return [
        paired("import lichen", (sys.executable, "-c", "import lichen"), "bare Python", BARE),
        paired("lichen rules", (*LICHEN, "rules"), "bare Python", BARE),
        paired(
            "lichen catalogue offers --machine inf2.xlarge",
            (*LICHEN, "catalogue", "offers", "--machine", "inf2.xlarge", "--sort", "carbon"),
            "bare Python",
            BARE,
        ),
        paired("lichen place chat.yaml", (*LICHEN, "place", str(WORKLOAD)), "bare Python", BARE),
        _placement(),
    ]


def _placement() -> Measured:
    from lichen.catalogue import load
    from lichen.placement import place
    from lichen.workload import read_workload

    workload, catalogue = read_workload(WORKLOAD), load()
    return in_process(
        f"place(chat) over {len(catalogue.offers):,} offers", lambda: place(workload, catalogue)
    )
