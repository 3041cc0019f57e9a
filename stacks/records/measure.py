"""`python stacks/records/measure.py PYTHON`: measure the models of the example stacks, here.

Run it with the interpreter that has Lichen. PYTHON is one of an environment with torch, torchvision
and transformers. Each model is served with random weights (served_model.py) and measured by
``lichen bench`` into a record beside this file: 15 minutes on two quiet cores with 20 GiB of
memory. What follows PYTHON goes to ``lichen bench``: ``--chip`` and ``--chips`` where the machine
does not say what it computes with.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from sandbox.serving import serving

HERE = Path(__file__).parent
OWN_ROWS = HERE.parent / "workloads" / "anywhere"
"""acme/defects is a row of these."""
START_S = 600
"""Within this a model of 8 billion weights has to be made (a choice, with room)."""
RANDOM = "The weights are random, of the model's shape: its speed is measured, its answers are not."


class Measured(NamedTuple):
    """A model to measure: what is served, and the load by ``lichen bench``'s options."""

    file: str
    model: str
    kind: str
    precision: str
    load: tuple[str, ...]


MEASURED = (
    Measured("embeddings-fp32", "BAAI/bge-small-en-v1.5", "encoder", "fp32",
             ("--input-tokens", "128", "--seconds", "60")),
    Measured("embeddings-bf16", "BAAI/bge-small-en-v1.5", "encoder", "bf16",
             ("--input-tokens", "128", "--seconds", "60")),
    Measured("defects-fp32", "acme/defects", "vision", "fp32", ("--seconds", "60")),
    Measured("chat-bf16", "meta-llama/Llama-3.1-8B", "llm", "bf16",
             ("--input-tokens", "600", "--output-tokens", "64", "--requests", "3",
              "--seconds", "3000", "--timeout", "1200", "--warm-up", "0")),
)  # fmt: skip


def main() -> None:
    python, *options = sys.argv[1:]
    for one in MEASURED:
        model = [python, HERE / "served_model.py", one.kind, one.precision]
        with serving(model, within_s=START_S) as url:
            measure(one, url, tuple(options))


def measure(one: Measured, url: str, options: tuple[str, ...]) -> None:
    """One request at a time, into the record's file."""
    file = HERE / f"{one.file}.json"
    file.unlink(missing_ok=True)
    protocol = {"llm": "completions", "encoder": "embeddings"}.get(one.kind)
    how: tuple[str, ...] = ("--protocol", protocol) if protocol else ()
    if protocol is None:
        url, how = f"{url}/predict", ("--template", str(HERE / "image.json"))
    subprocess.run(
        [Path(sys.executable).with_name("lichen"), "bench", url, "--model", one.model,
         "--precision", one.precision, "--stack", "pytorch", "--closed", "1",
         *how, *one.load, *options, "--output", str(file)],
        check=True,
        cwd=OWN_ROWS,
    )  # fmt: skip
    record = json.loads(file.read_text(encoding="utf-8"))
    record["notes"] = f"{record['notes']} {RANDOM}".strip()
    file.write_text(json.dumps(record, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
