"""Endpoint that keeps a copy of most of its requests.

Why: A copy of each request and answer is stored for every call, and grows without an end. A sample
is enough to watch a model's quality, and keeps less of what users said.

Fix: Lower the share that is kept to what the watching needs.

Exceptions: A first week after a launch, or a law that asks for every answer, may need all of them:
set the limit ``percent``. In development and staging nothing is judged.

Tags: It reads none but ``lichen:environment``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from lichen_policies.facts import KeptRequests
from lichen_policies.rule import Change, Finding, Known, rule


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The largest share of requests that is kept, in percent."""

    percent: Annotated[float, Meta(ge=0, le=100)] = 20.0


@rule(severity="low", dev="disabled", staging="disabled", prod="advisory", theme="idle")
def all_requests_kept(fact: KeptRequests, limits: Limits, known: Known) -> Iterator[Finding]:
    if fact.percent is not None and fact.percent > limits.percent:
        yield Finding(
            what=f"{fact.percent_at} is {fact.percent:g}, so that share of all requests is kept",
            limit=f"the limit is {limits.percent:g} %",
            changes=(
                Change(path=fact.percent_at, to=int(limits.percent), at_most=True, safe=True),
            ),
            path=fact.percent_at,
        )
