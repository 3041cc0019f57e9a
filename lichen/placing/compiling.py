"""The command that compiles a model's files for the shape that was chosen."""

from __future__ import annotations

from lichen.catalogue.schema import Machine
from lichen.sizing import Layout, Sizing

TASKS = {"encoder": "feature-extraction", "reranker": "text-classification"}


def compile_command(layout: Layout, sizing: Sizing, machine: Machine) -> str | None:
    """What downloads the model and compiles it from the folder, so that its weights are in the
    result; None where the stack compiles nothing, or nobody says how."""
    template = layout.arrangement.stack.compile
    if template is None or sizing.compiled_batch is None or sizing.compiled_sequence_tokens is None:
        return None
    return template.format(
        model=layout.card.name,
        task=TASKS.get(layout.card.kind, "text-generation"),
        target=machine.family,
        batch=sizing.compiled_batch,
        tokens=sizing.compiled_sequence_tokens,
        cores=sizing.tensor_parallel,
        precision=layout.precision,
    )


def compile_note(command: str) -> str:
    """What a placement says of files that must be compiled."""
    return f"the model's files must be compiled for this one shape: {command}"
