"""`python -m derive.carried`: how far a measurement on one machine says what another will do.

Of every language model that the public rows measured on two machines under one stack, the
logarithms of measured over predicted time on both. The slope between them is what carries over
(``lichen.evidence.CARRIED``), and the root of one less its square what is left of the interval.
"""

from __future__ import annotations

import csv
import math
import statistics
from collections import defaultdict
from itertools import permutations
from pathlib import Path

from lichen.catalogue import load
from lichen.measured.answer import answer_cases

ROWS = Path(__file__).parents[1] / "lichen" / "catalogue" / "measured" / "measurements.csv"
TIMES = ("ms", "s")
"""Units of which less is faster."""

Place = tuple[str, str]
"""A family of chips, and the machine."""


def main() -> None:
    """Print the slope between machines of one family of chips, and of two."""
    logs = _logs()
    for title, same in (("one family of chips", True), ("two families", False)):
        pairs = [
            (statistics.median(first), statistics.median(second))
            for places in logs.values()
            for (here, first), (there, second) in permutations(places.items(), 2)
            if here[1] != there[1] and (here[0] == there[0]) is same
        ]
        here, there = zip(*pairs, strict=True)
        slope = statistics.correlation(here, there)
        left = math.sqrt(1.0 - slope**2)
        print(f"{title}: {slope:.2f}, {left:.2f} left of the interval, {len(pairs) // 2} pairs")


def _logs() -> dict[tuple[str, str, str], dict[Place, list[float]]]:
    """Logarithms of measured over predicted time, by model, precision and stack, then by place."""
    with ROWS.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["use_flag"] == "ok"]
    logs: dict[tuple[str, str, str], dict[Place, list[float]]] = defaultdict(
        lambda: defaultdict(list)
    )
    for row, answer in zip(rows, answer_cases(rows, load()), strict=True):
        if answer.predicted is None or row["model_class"] != "LLM":
            continue
        log = math.log(float(row["value"]) / answer.predicted)
        stack = (row["serving_stack"].split() or [""])[0].casefold()
        run = row["model"].casefold(), row["precision"], stack
        place = row["hw_family"], row["hardware"]
        logs[run][place].append(log if row["unit"] in TIMES else -log)
    return logs


if __name__ == "__main__":
    main()
