"""Exemption that exempts nothing.

Why: What it was written for is gone, or it has never worked: a name with a typo, a rule that judges
another kind of resource, a day that is missing. Whoever reads it believes that something is allowed
or decided that is not.

Fix: Correct the exemption, or remove it.

Exceptions: Of the rows of files only those of the lichen.yaml nearest to what is judged count,
since a file above it is for many stacks. Where one lichen.yaml holds for several stacks, a row for
another of them is reported here too. An exemption of a rule that finds nothing today is not
orphaned: the same resource may fail in another environment.

Tags: It reads ``lichen:exempt.RULE``, an exemption beside the resource.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from lichen_policies.rule import Finding, Known, rule
from lichen_policies.run import Exempted, GateRun

_LIMIT = "an exemption must name a rule, and a resource that the rule judges"
_FIX = "correct it, or remove it"


@rule(severity="low", dev="advisory", staging="advisory", prod="advisory", theme="governance")
def orphaned_exemption(run: GateRun, known: Known) -> Iterator[Finding]:
    files: dict[str, list[Exempted]] = defaultdict(list)
    for each in run.exempted:
        ended = each.exemption is not None and each.exemption.has_expired(known.today)
        if not each.idle or ended:  # one that is past its last day is reported as that, once
            continue
        if each.exemption is not None and not each.exemption.beside:
            files[each.where].append(each)
            continue
        yield Finding(
            what=f"the exemption in the {each.where} exempts nothing: {each.idle}",
            limit=_LIMIT,
            or_else=_FIX,
            path=each.where,
            resource=each.resources[0],
        )
    for file, rows in files.items():
        yield Finding(
            what=f"{len(rows)} {'exemption' if len(rows) == 1 else 'exemptions'} of {file} "
            f"{'exempts' if len(rows) == 1 else 'exempt'} nothing here: {_listed(rows)}",
            limit=_LIMIT,
            or_else=_FIX,
            path="exemptions",
        )


def _listed(rows: list[Exempted]) -> str:
    shown = [
        f"{each.rule} of {each.exemption.resource} ({each.idle})"
        for each in rows[:5]
        if each.exemption is not None
    ]
    return "; ".join(shown) + (f"; and {len(rows) - 5} more" if len(rows) > 5 else "")
