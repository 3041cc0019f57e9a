"""Variant that is to scale to zero while it holds its model itself.

Why: SageMaker takes an endpoint to zero instances only where its models are inference components;
with the model on the variant the deployment is refused, or never reaches zero and is paid for and
powered all night.

Fix: Take the model's name off the variant and put the model on it as an inference component, or
raise the floor to 1.

Exceptions: Endpoints scaled by an Application Auto Scaling target are not looked at, since an
asynchronous endpoint may go to zero that way.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from lichen_policies.facts import Serving
from lichen_policies.rulebook import Finding, Known

SEVERITY = "high"
LEVELS = {"dev": "mandatory", "staging": "mandatory", "prod": "mandatory"}
JUDGES = Serving


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """None: it is the service's own contract."""


def judge(fact: Serving, limits: Limits, known: Known) -> Iterator[Finding]:
    if fact.floor == 0 and fact.holds_model:
        yield Finding(
            what=f"{fact.floor_at} is 0 and {fact.holds_model_at} puts the model on the variant",
            limit="SageMaker scales to zero only endpoints whose models are inference components "
            "(SageMaker developer guide, Scale an endpoint to zero instances)",
            fix=f"remove {fact.holds_model_at} and add an inference component for the model, "
            f"or set {fact.floor_at} to 1",
            path=fact.floor_at,
        )
