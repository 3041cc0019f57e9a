"""``lichen watch`` over a hundred and a thousand stacks: time and memory, which grow in line."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from timing.measure import Measured, process

LICHEN = (sys.executable, "-m", "lichen_doors", "watch")
COUNTS = (100, 1_000)
MOST_MIB = 1_024
RATES = 40
"""Endpoints of the same work share an answer about a better placement; a fleet has so many
different ones here, and each is placed once."""
PADDING = 30
"""Other resources of a stack: roles, models, alarms, logs."""


def measure() -> Iterator[Measured]:
    """A row for each number of stacks, each run once with a new history; the larger against as many
    times the smaller."""
    with tempfile.TemporaryDirectory() as folder:
        yield from _grown(Path(folder) / "shared", "", lambda _: RATES)
        yield from _grown(Path(folder) / "own", ", each with work of its own", lambda count: count)


def _grown(folder: Path, work: str, rates: Callable[[int], int]) -> Iterator[Measured]:
    smaller: Measured | None = None
    for count in COUNTS:
        states = folder / str(count)
        write(states, count, rates(count))
        row = process(
            f"lichen watch, {count:,} stacks{work}",
            [*LICHEN, str(states), "--history", f"{states}.sqlite", "--format", "json",
             "--output", os.devnull],
            f"under {MOST_MIB:,} MiB",
        )  # fmt: skip
        if smaller is not None:
            times = count // COUNTS[0]
            linear_ms = times * smaller.median_ms
            row = replace(
                row, against=f"{times} times {COUNTS[0]} stacks", against_ms=linear_ms,
                ratio=row.median_ms / linear_ms, target=f"linear: up to 1.2; {row.target}",
            )  # fmt: skip
        yield row
        smaller = row


def write(folder: Path, count: int, rates: int = RATES) -> None:
    """States of so many stacks, one endpoint each, with so many different rates."""
    folder.mkdir(parents=True)
    for number in range(count):
        text = json.dumps(_state(number, 1 + number % rates))
        (folder / f"{number}.json").write_text(text, encoding="utf-8")


def _state(number: int, peak_rps: int) -> dict[str, object]:
    tags = {
        "lichen:workload": f"chat-{number}",
        "lichen:model": "meta-llama/Llama-3.1-8B-Instruct",
        "lichen:precision": "bf16",
        "lichen:environment": "dev",
        "lichen:peak-rps": str(peak_rps),
        "lichen:mean-rps": "0.5",
        "lichen:input-tokens": "800",
        "lichen:output-tokens": "200",
    }
    variant = {
        "variantName": "all",
        "modelName": "chat",
        "instanceType": "ml.g5.2xlarge",
        "initialInstanceCount": 1,
    }
    endpoint: dict[str, object] = {
        "name": "chat",
        "region": "eu-central-1",
        "tags": tags,
        "productionVariants": [variant],
    }
    kinds: list[tuple[str, str, dict[str, object]]]
    kinds = [("aws:sagemaker/endpointConfiguration:EndpointConfiguration", "chat", endpoint)]
    kinds += [
        ("aws:cloudwatch/logGroup:LogGroup", f"log-{at}",
         {"name": f"log-{at}", "region": "eu-central-1", "retentionInDays": 30})
        for at in range(PADDING)
    ]  # fmt: skip
    return {
        "version": 3,
        "deployment": {
            "resources": [
                {
                    "urn": f"urn:pulumi:s{number}::fleet::{kind}::{name}",
                    "custom": True,
                    "id": name,
                    "type": kind,
                    "inputs": values,
                    "outputs": values,
                }
                for kind, name, values in kinds
            ]
        },
    }
