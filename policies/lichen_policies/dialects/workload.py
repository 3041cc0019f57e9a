"""Workload files, which ``lichen place`` reads: the tokens of their prompts beside their budget.

A resource of this kind has counts alone: no prompt leaves this module.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lichen.document import named_by
from lichen.interval import Interval
from lichen.parsing.content import STDIN, content_of, text_of
from lichen.prompt_tokens import estimated_tokens, fixed_part
from lichen.workload import Workload, as_workload, read_workload
from lichen_policies.dialects.deployment_input import Counter
from lichen_policies.facts.resource import Resource

_BUDGET = re.compile(r"""(?:^|[{,])\s*["']?budget_tokens["']?\s*[:=]""")

TYPE = "lichen:Workload"


def recognises(document: Mapping[str, Any]) -> bool:
    traffic = document.get("traffic")
    rates = isinstance(traffic, Mapping) and "peak_rps" in traffic
    return rates and "model" in document and "apiVersion" not in document


def resources(
    document: Mapping[str, Any], file: str, counter: Counter | None = None
) -> list[Resource]:
    """The workload, with the tokens of its prompts; :class:`InputError` where it, or a file that it
    names, is wrong. ``counter`` counts by a tokenizer.json; without it they are estimated."""
    path = Path(file)
    workload = as_workload(dict(document)) if path == STDIN else read_workload(path)
    tokens = _tokens(workload, path.parent, counter)
    return [
        Resource(
            type=TYPE,
            name=workload.name,
            address=f"workload/{workload.name}",
            properties={
                "prompts": {
                    "budget_tokens": workload.prompts.budget_tokens,
                    "least_tokens": tokens.low,
                    "most_tokens": tokens.high,
                }
            },
            dialect="workload",
            environment=workload.environment,
            file=file,
            line=_line_of_budget(path),
        )
    ]


def _line_of_budget(path: Path) -> int | None:
    """The line of a file that has the budget; None where none has."""
    if path == STDIN:
        return None
    lines = enumerate(text_of(content_of(path)).splitlines(), start=1)
    return next((number for number, line in lines if _BUDGET.search(line)), None)


def _tokens(workload: Workload, folder: Path, counter: Counter | None) -> Interval:
    """The fixed tokens of all prompts together."""
    from lichen.placing.question import prompt_texts  # few documents are workloads

    tokenizer = workload.prompts.tokenizer
    count: Callable[[str], Interval] = estimated_tokens
    if tokenizer and counter is not None:
        with named_by("prompts.tokenizer", folder / tokenizer, tokenizer):
            count = counter(folder / tokenizer)
    total = Interval.exactly(0.0)
    for _, text in prompt_texts(workload, folder):
        total = total + count(fixed_part(text))
    return total
