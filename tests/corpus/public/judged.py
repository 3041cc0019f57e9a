"""What the rules say of a document today, as `lichen check` says it."""

from __future__ import annotations

import re
from pathlib import Path

from lichen_policies.dialects import DeploymentInput
from lichen_policies.dialects.folders import read_all
from lichen_policies.gate import Gate

from lichen.document import InputError
from tests.corpus.judged import TODAY, Said, worst
from tests.corpus.public.documents import Document

_INDEX = re.compile(r"\[[^]]*\]$")
"""Which copy of a block with a ``count`` it is: the sample names the block."""


def ask(document: Document, written: Path) -> tuple[Said, ...]:
    """The verdicts on each resource of a document whose files are written; of one rule the worst.

    Nothing where the document cannot be read: nobody is told of its faults then.
    """
    given = DeploymentInput(region=document.region, exact=True)
    gate = Gate.near(written, region=document.region, environment=document.environment, today=TODAY)
    try:
        report = gate.report(read_all([written], given=given).resources)
    except InputError:
        return ()
    return worst(
        Said(
            address=_INDEX.sub("", verdict.resource)
            if document.format == "hcl"
            else verdict.resource,
            rule=verdict.rule,
            kind="finding" if verdict.verdict == "fail" else "unverified",
            blocks=verdict.blocks,
            message=verdict.message,
        )
        for verdict in (*report.findings, *report.unverified, *report.exempted)
    )
