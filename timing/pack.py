"""The policy pack: its start and what a resource costs, against a pack of the SDK's own."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from lichen.passport import Passport, to_tags
from timing.measure import Measured, compared
from timing.pack_process import ENDPOINT_CONFIGURATION, PACK, Pack, request, running

START_MOST, FAT_MOST = 1.3, 1.0
CALLS = 100
# As an installed package, both packs keep their byte code, even where a shell forbids it.
BYTE_CODE_KEPT = ""

PLAIN_PACK = """
from pulumi_policy import PolicyPack, ResourceValidationPolicy

def validate(args, report_violation):
    pass

PolicyPack("plain", [ResourceValidationPolicy("nothing", "Nothing is wrong.", validate)])
"""

CHAT = Passport(
    model="meta-llama/Llama-3.1-8B",
    precision="bf16",
    peak_rps=1.0,
    mean_rps=0.3,
    input_tokens=512,
    output_tokens=256,
    environment="prod",
)
SERVED: Mapping[str, Any] = {
    "region": "eu-north-1",
    "tags": to_tags(CHAT, "aws"),
    "productionVariants": [
        {"instanceType": "ml.inf2.xlarge", "initialInstanceCount": 3, "modelName": "chat"}
    ],
}
"""An endpoint that passes every rule, so that every rule does all its work."""

FAT: Mapping[str, Any] = {
    **SERVED,
    **{f"text{index}": f"value {index}" for index in range(30)},
    **{
        f"list{index}": [
            {"name": f"item {row}", "numbers": [1, 2, 3], "nested": {"on": True, "off": None}}
            for row in range(5)
        ]
        for index in range(10)
    },
}
"""Forty properties besides, ten of them lists of objects."""

UNREAD = "aws:dynamodb/table:Table"


def measure() -> list[Measured]:
    """Start to first verdict, and a resource through all rules, each against an SDK pack."""
    with ExitStack() as stack:
        project = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        plain = _plain_pack(project)
        start = compared(
            "pack: start to first verdict",
            lambda: _first_verdict(PACK, project),
            "an empty pulumi-policy pack",
            lambda: _first_verdict(plain, project),
            target=f"at most {START_MOST}",
        )
        ours = stack.enter_context(running(project=project, PYTHONDONTWRITEBYTECODE=BYTE_CODE_KEPT))
        theirs = stack.enter_context(
            running(plain, project=project, PYTHONDONTWRITEBYTECODE=BYTE_CODE_KEPT)
        )
        return [
            start,
            _analyses("pack: a fat resource, all rules", ours, theirs, ENDPOINT_CONFIGURATION, FAT),
            _analyses("pack: a fat resource nobody reads", ours, theirs, UNREAD, FAT),
        ]


def _plain_pack(folder: Path) -> Path:
    pack = folder / "plain"
    pack.mkdir()
    (pack / "PulumiPolicy.yaml").write_text("runtime: python\n")
    (pack / "__main__.py").write_text(PLAIN_PACK)
    return pack


def _first_verdict(pack: Path, project: Path) -> None:
    with running(pack, project=project, PYTHONDONTWRITEBYTECODE=BYTE_CODE_KEPT) as started:
        started.configure_stack("prod")
        started.configure()
        started.analyze(ENDPOINT_CONFIGURATION, SERVED)


def _analyses(
    name: str, ours: Pack, theirs: Pack, type_: str, properties: Mapping[str, Any]
) -> Measured:
    """One resource, the mean of a hundred calls: a call is too short to be timed alone."""
    analyze = request(type_, properties)

    def hundred(pack: Pack) -> None:
        for _ in range(CALLS):
            pack.stub.Analyze(analyze)

    measured = compared(
        name,
        lambda: hundred(ours),
        "one SDK policy",
        lambda: hundred(theirs),
        target=f"at most {FAT_MOST}",
    )
    return Measured(
        measured.name,
        measured.median_ms / CALLS,
        measured.against,
        (measured.against_ms or 0) / CALLS,
        measured.ratio,
        measured.target,
    )
