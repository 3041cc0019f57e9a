"""Resource whose region nobody states.

Why: Electricity differs by a factor of thirty from region to region. Where neither the resource nor
its provider nor the stack names one, an environment variable of whoever deploys decides, and no
gate can judge it.

Fix: Name the region on the resource, its provider or the stack.

Exceptions: CloudFormation templates carry no region; give the one they are for with --region.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from lichen_policies.facts import Located
from lichen_policies.rulebook import Finding, Known

SEVERITY = "medium"
LEVELS = {"dev": "advisory", "staging": "advisory", "prod": "mandatory"}
JUDGES = Located


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """None: a region is named or it is not."""


def judge(fact: Located, limits: Limits, known: Known) -> Iterator[Finding]:
    if fact.region is None:
        yield Finding(
            what="no region is stated by the resource, its provider or the stack",
            limit="a region must be stated so that its electricity can be judged",
            fix=f"set {fact.region_at}, or the provider's region",
            path=fact.region_at,
        )
