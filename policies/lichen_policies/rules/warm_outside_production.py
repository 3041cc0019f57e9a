"""Copies of a serverless service that are kept warm outside production.

Why: Serverless is paid for by the request. Copies that are kept warm are paid for by the hour, and
hold memory, whether a request comes or not; outside production hardly any does.

Fix: Remove the number of warm copies, or set the least that the service allows.

Exceptions: As many as the limit ``copies`` pass, and the fewest that the service allows. A resource
that states no environment is judged as in production, where this rule judges nothing.

Tags: It reads none but ``lichen:environment``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from lichen_policies.facts import KeptWarm
from lichen_policies.rule import (
    LOWER_IS_STRICTER,
    UNSTATED,
    Change,
    Finding,
    Known,
    NotApplicable,
    rule,
)


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``copies``: how many may be kept warm outside production."""

    copies: Annotated[int, Meta(ge=0, le=100_000), LOWER_IS_STRICTER] = 0


@rule(severity="low", dev="advisory", staging="advisory", prod="disabled", theme="idle")
def warm_outside_production(fact: KeptWarm, limits: Limits, known: Known) -> Iterator[Finding]:
    if (fact.environment or UNSTATED) == "prod":
        raise NotApplicable("it is in production")
    most = max(limits.copies, fact.least)
    if fact.copies is None or fact.copies <= most:
        return
    removed = most == 0 and bool(fact.remove)
    yield Finding(
        what=f"{fact.copies_at} keeps {fact.copies} {fact.unit} warm in {fact.environment}, with "
        "requests or without",
        limit=f"the limit outside production is {most}",
        changes=() if removed else (Change(path=fact.copies_at, to=most, at_most=most > 1),),
        or_else=f"remove {fact.remove}" if removed else "",
        path=fact.copies_at,
    )
