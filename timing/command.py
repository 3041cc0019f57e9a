"""The command: its start against bare Python's, and a placement over the whole catalogue."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

from lichen_doors.command import COMMANDS

from timing.measure import Measured, in_process, paired, starts

ROOT = Path(__file__).resolve().parents[1]
WORKLOAD = ROOT / "stacks" / "workloads" / "chat.yaml"
LICHEN = (sys.executable, "-m", "lichen_doors")
BARE = (sys.executable, "-c", "pass")
MODEL = "meta-llama/Llama-3.1-8B"
LENGTHS = ("--input-tokens", "600", "--output-tokens", "200")
WITHIN = "at most 5"
NO_WORK = (
    ("--version",),
    ("--help",),
    *((name, "--help") for name in COMMANDS),
    ("rules",),
    ("rules", "--format", "json"),
    ("explain", "dirty-region"),
    ("pack",),
    ("checks",),
)
"""What a command does before it works, whichever it is, and the answers that only print."""
WORK = (
    ("one region's rows and their sources", ("explain", "us-east-1")),
    ("one machine's rows and its offers", ("explain", "inf2.xlarge")),
    ("144 regions, classed", ("catalogue", "regions", "--format", "json")),
    (
        "a machine's offers, priced",
        ("catalogue", "offers", "--machine", "inf2.xlarge", "--sort", "carbon"),
    ),
    ("a prediction", ("size", "--model", MODEL, "--machine", "g6e.xlarge", *LENGTHS)),
    ("a placement over all offers", ("place", str(WORKLOAD))),
)
"""The least that is useful of commands that read tables and compute."""


def measure() -> list[Measured]:
    """Every figure of the command, each against bare Python in the same run."""
    return [
        *starts(
            [
                *((f"lichen {' '.join(words)}", (*LICHEN, *words), WITHIN) for words in NO_WORK),
                *(
                    (f"lichen {words[0]}: {what}", (*LICHEN, *words), "works")
                    for what, words in WORK
                ),
            ],
            "bare Python",
            BARE,
        ),
        paired("import lichen", (sys.executable, "-c", "import lichen"), "bare Python", BARE),
        *_placements(),
    ]


def _placements() -> Iterator[Measured]:
    """The stack's own workload, and the same one let anywhere, at one precision and at three."""
    from msgspec.structs import replace

    from lichen.catalogue import load
    from lichen.placing.choose import place
    from lichen.placing.question import Question
    from lichen.workload import Where, read_workload

    catalogue = load()
    chat = read_workload(WORKLOAD)
    one = replace(chat, where=Where())
    three = replace(one, precisions=("bf16", "int8", "int4"))
    for name, workload, target in (
        ("chat", chat, ""),
        ("chat, anywhere", one, "100 ms"),
        ("chat, anywhere, three precisions", three, "150 ms"),
    ):
        yield in_process(
            f"place({name}) over {len(catalogue.offers):,} offers",
            lambda workload=workload: place(  # type: ignore[misc]
                Question.of(workload, near=WORKLOAD, catalogue=catalogue)
            ),
            target=target,
        )
