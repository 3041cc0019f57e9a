"""The command: its start against bare Python's, and a placement over the whole catalogue."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from timing.measure import Measured, in_process, paired

ROOT = Path(__file__).resolve().parents[1]
WORKLOAD = ROOT / "stacks" / "workloads" / "chat.yaml"
LICHEN = (sys.executable, "-m", "lichen_doors")
BARE = (sys.executable, "-c", "pass")
STARTS = (
    ("--version",),
    ("--help",),
    ("place", "--help"),
    ("check", "--help"),
    ("watch", "--help"),
)
"""What a command does before it works, whichever it is."""


def measure() -> list[Measured]:
    """Every figure of the command, each against bare Python in the same run."""
    return [
        *(
            paired(
                f"lichen {' '.join(words)}",
                (*LICHEN, *words),
                "bare Python",
                BARE,
                target="at most 5",
            )
            for words in STARTS
        ),
        paired("import lichen", (sys.executable, "-c", "import lichen"), "bare Python", BARE),
        paired("lichen rules", (*LICHEN, "rules"), "bare Python", BARE),
        paired("lichen explain us-east-1", (*LICHEN, "explain", "us-east-1"), "bare Python", BARE),
        paired(
            "lichen catalogue offers --machine inf2.xlarge",
            (*LICHEN, "catalogue", "offers", "--machine", "inf2.xlarge", "--sort", "carbon"),
            "bare Python",
            BARE,
        ),
        paired("lichen place chat.yaml", (*LICHEN, "place", str(WORKLOAD)), "bare Python", BARE),
        *_placements(),
    ]


def _placements() -> Iterator[Measured]:
    """The stack's own workload, and the same one let anywhere, at one precision and at three."""
    from msgspec.structs import replace

    from lichen.catalogue import load
    from lichen.placing.choose import place
    from lichen.placing.question import Question
    from lichen.workload import Where, read_workload

    chat, catalogue = read_workload(WORKLOAD), load()
    one = replace(chat, where=Where())
    three = replace(one, precisions=("bf16", "int8", "int4"))
    for name, workload, target in (
        ("chat", chat, ""),
        ("chat, anywhere", one, "100 ms"),
        ("chat, anywhere, three precisions", three, "150 ms"),
    ):
        yield in_process(
            f"place({name}) over {len(catalogue.offers):,} offers",
            lambda workload=workload: place(Question.of(workload, catalogue=catalogue)),  # type: ignore[misc]
            target=target,
        )
