"""A report about what a plan changes: what stays as it is has its findings counted, not shown."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from lichen.document import InputError
from lichen_policies.facts.resource import Resource
from lichen_policies.verdict import Report, Verdict


def changes_only(report: Report, resources: Sequence[Resource]) -> Report:
    """The report without verdicts on resources that stay.

    :class:`InputError` where a document does not say what changes.
    """
    silent = next((resource for resource in resources if resource.stays is None), None)
    if silent is not None:
        raise InputError(
            "does not say what the deployment changes",
            fix="give a plan of Terraform or a preview of Pulumi, or use --baseline",
            document=silent.file or "",
        )
    changed = {(each.address, each.file) for each in resources if not each.stays}
    staying = {(each.address, each.file) for each in resources} - changed

    def shown(verdicts: Sequence[Verdict]) -> tuple[Verdict, ...]:
        return tuple(each for each in verdicts if (each.resource, each.file) not in staying)

    findings, unverified = shown(report.findings), shown(report.unverified)
    return msgspec.structs.replace(
        report,
        findings=findings,
        unverified=unverified,
        exempted=shown(report.exempted),
        hidden=len(report.findings) + len(report.unverified) - len(findings) - len(unverified),
    )
