"""Templates and plans changed at random, byte by byte: the answer is resources or a sentence."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest
from lichen_policies.dialects import DeploymentInput, read
from lichen_policies.facts.reading import facts_of
from lichen_policies.gate import Gate

from lichen.document import InputError
from tests.dialects.test_cloudformation_values import CONDITIONAL, LOOP, SERVERLESS, TEMPLATE
from tests.dialects.test_malformed import DOCUMENTS

FILES = {
    "template.yaml": f"{TEMPLATE}{CONDITIONAL}{LOOP}",
    "serverless.yaml": SERVERLESS,
    **{f"{kind}.json": json.dumps(document, indent=1) for kind, document in DOCUMENTS.items()},
}
PIECES = (
    *"{}[]:,-&*!|>'\"#%@`?~ \t\n\0\x1b",
    "\ufeff",
    "\udcff",
    "<<: ",
    "&a ",
    "*a ",
    "!Ref ",
    "!If [",
    "!Sub '${",
    "Fn::ForEach::X",
    "{{resolve:",
    "null",
    "-1",
    "1e999",
    "9" * 5000,
    "[" * 2000,
    "\n---\n",
    ".nan",
)


def mutated(text: str, chance: random.Random) -> bytes:
    """A text with a few pieces put in, taken out or doubled."""
    for _ in range(chance.randint(1, 4)):
        first = chance.randrange(len(text) + 1)
        last = min(len(text), first + chance.choice((0, 0, 1, 2, 8, 200)))
        piece = chance.choice((chance.choice(PIECES), text[first:last] * 2, ""))
        text = text[:first] + piece + text[last:]
    return text.encode(errors="surrogateescape")


@pytest.mark.parametrize("name", FILES)
def test_a_changed_file_is_judged_or_refused(tmp_path: Path, name: str) -> None:
    chance = random.Random(f"lichen {name}")
    gate = Gate.near(tmp_path, region="eu-north-1")
    path = tmp_path / name
    refused: list[str] = []
    answered = 0
    for number in range(60):
        path.write_bytes(mutated(FILES[name], chance))
        try:
            resources = read(path, given=DeploymentInput(region="eu-north-1"))
        except InputError as error:
            refused.append(str(error))
            continue
        for resource in resources:
            facts_of(resource)
        if number % 10 == 0:
            gate.report(resources)
        answered += 1
    assert answered > 5
    assert all(sentence.startswith(str(path)) and sentence.isprintable() for sentence in refused)
