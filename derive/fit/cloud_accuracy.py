"""The part of docs/accuracy.md on the runs of language models on cloud machines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lichen.catalogue.schema import CloudRunScore

NAMED = {
    "rate": "throughput",
    "token": "time per output token",
    "first": "time to first token",
    "prompt": "prompt speed",
}
FEWEST = 40
"""Settings that a family of chips has run, to have a line of its own."""


def cloud_section(scores: Sequence[CloudRunScore]) -> list[str]:
    """Errors on families of machines left out, with and without the runs of the others."""
    wholes = [row for row in scores if row.family is None]
    families = [row for row in scores if row.family and row.group is None and row.rows >= FEWEST]
    return [
        "## Runs on cloud machines",
        "",
        "Spare Cores ran llama.cpp and vLLM on nearly every machine of three clouds. No row of it "
        "is in the tables ([data](data.md)): these are scores of `python -m derive.fit.cloud_runs` "
        "(`cloud_run_scores.csv`). Each family of machines (`m7i`, `c4-highmem`) is predicted by "
        "the measured rows and by the runs on other families; *without* by the measured rows "
        "alone. 80 % of the measured times are between the two factors of the prediction.",
        "",
        *_table(wholes, by_family=False),
        "By family of chips:",
        "",
        *_table(families, by_family=True),
    ]


def _table(rows: Iterable[CloudRunScore], *, by_family: bool) -> list[str]:
    head = (
        "stack",
        "family" if by_family else "quantity",
        "settings",
        "machine families",
        "median error",
        "within a factor of 2",
        "80 % between",
        "without",
        "within 2, without",
    )
    lines = ["| " + " | ".join(head) + " |", "| --- | --- |" + " ---: |" * (len(head) - 2)]
    for row in rows:
        second = row.family if by_family else NAMED.get(row.group or "", "all")
        cells = (
            f"{row.stack} on {row.kind}" if not by_family else row.stack,
            second or "all",
            str(row.rows),
            str(row.machine_families),
            f"{row.error_pct:.0f} %",
            f"{row.within_two_pct:.0f} %",
            f"{row.time_low:.2f} to {row.time_high:.2f}",
            f"{row.without_error_pct:.0f} %",
            f"{row.without_within_two_pct:.0f} %",
        )
        lines.append("| " + " | ".join(cells) + " |")
    return [*lines, ""]
