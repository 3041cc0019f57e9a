"""What the rules say of a document: as `lichen check`, and of Terraform's language as Checkov."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from lichen_policies.dialects import DeploymentInput, read
from lichen_policies.gate import Gate

from lichen.document import InputError
from tests.corpus.judged import TODAY, Said, worst
from tests.corpus.public.documents import HERE, Document
from tests.doors.checkov.engine import checkov

ROOTS = os.pathsep.join(str(HERE.parents[2] / part) for part in (".", "policies", "doors"))
"""Where Checkov finds our checks' packages: the ones that are measured."""

_CHECK = "CKV2_LICHEN_"


def ask(document: Document, written: Path) -> tuple[Said, ...]:
    """The verdicts on each resource of a document whose files are written; of one rule the worst.

    Nothing where the document cannot be read: nobody is told of its faults then.
    """
    if document.format == "hcl":
        return worst(_asked_of_checkov(document, written))
    given = DeploymentInput(region=document.region, exact=True)
    gate = Gate.near(written, region=document.region, environment=document.environment, today=TODAY)
    try:
        report = gate.report(tuple(read(written, given=given)))
    except InputError:
        return ()
    return worst(
        Said(
            address=verdict.resource,
            rule=verdict.rule,
            kind="finding" if verdict.verdict == "fail" else "unverified",
            blocks=verdict.blocks,
            message=verdict.message,
        )
        for verdict in (*report.findings, *report.unverified, *report.exempted)
    )


def _asked_of_checkov(document: Document, written: Path) -> Iterable[Said]:
    environment = {"PYTHONPATH": ROOTS}
    if document.environment:
        environment["LICHEN_ENVIRONMENT"] = document.environment
    run = checkov("--directory", written, environment=environment, whole=False)
    for record in run.records:
        if record.result == "FAILED":
            rule, _, part = record.check.removeprefix(_CHECK).rpartition("_")
            if part not in ("ADVICE", "UNVERIFIED"):
                rule, part = record.check.removeprefix(_CHECK), ""
            yield Said(
                address=record.resource,
                rule=rule.lower().replace("_", "-"),
                kind="unverified" if part == "UNVERIFIED" else "finding",
                blocks=not part,
                message=record.messages[0],
            )
