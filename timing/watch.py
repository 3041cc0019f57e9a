"""``lichen watch`` over a hundred and a thousand stacks: time and memory, which grow in line."""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
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
    """A row for each number of stacks, each run once with a new history."""
    with tempfile.TemporaryDirectory() as folder:
        for count in COUNTS:
            states = Path(folder) / str(count)
            write(states, count)
            yield process(
                f"lichen watch, {count:,} stacks",
                [*LICHEN, str(states), "--history", f"{states}.sqlite", "--format", "json",
                 "--output", os.devnull],
                f"linear, under {MOST_MIB:,} MiB",
            )  # fmt: skip
        for count in COUNTS:
            states = Path(folder) / f"own-{count}"
            write(states, count, rates=count)
            yield process(
                f"lichen watch, {count:,} stacks, each with work of its own",
                [*LICHEN, str(states), "--history", f"{states}.sqlite", "--format", "json",
                 "--output", os.devnull],
                f"linear, under {MOST_MIB:,} MiB",
            )  # fmt: skip


def write(folder: Path, count: int, rates: int = RATES) -> None:
    """States of so many stacks, one endpoint each, with so many different rates."""
    folder.mkdir()
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
