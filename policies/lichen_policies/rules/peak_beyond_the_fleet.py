"""Declared peak that the endpoint could never serve.

Why: Rules about size judge by the declared peak. A peak of a thousand times what the machines can
serve hides any excess, and if it is true, the endpoint fails its users.

Fix: Correct ``lichen:peak-rps``, or give the endpoint the machines that the peak needs.

Exceptions: It finds only what is far from possible: the peak must be more than the limit ``times``
what the machines can serve at the high end of the prediction, at the endpoint's own ceiling. Up to
the limit ``times_sure`` it only advises, since scaling may be declared elsewhere.

Tags: It needs ``lichen:model`` and ``lichen:peak-rps``, and finds nothing without them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from lichen_policies.facts import Serving
from lichen_policies.fleets import deployed
from lichen_policies.rule import Finding, Known, rule


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``times``: how many times what the machines can serve the peak may be; ``times_sure``: from
    where on it is not only advice."""

    times: Annotated[float, Meta(ge=1, le=100_000)] = 10.0
    times_sure: Annotated[float, Meta(ge=1, le=100_000)] = 100.0


@rule(severity="medium", dev="advisory", staging="advisory", prod="mandatory", theme="governance")
def peak_beyond_the_fleet(fact: Serving, limits: Limits, known: Known) -> Iterator[Finding]:
    here = deployed(fact, known)
    peak_rps = here.workload.traffic.peak_rps
    most = max(here.fleet.count, fact.ceiling or 0)
    if here.fleet.may_serve(peak_rps / limits.times, most):
        return
    served_rps = here.fleet.rps_each.high * most
    if served_rps <= 0:
        return
    name = here.fleet.name
    yield Finding(
        what=f"the declared peak of {peak_rps:g} requests/s is {peak_rps / served_rps:.0f} times "
        f"the {served_rps:.2g} that {most} x {name} can serve of {here.card.name} at the most",
        limit=f"the limit is {limits.times:g} times",
        or_else=f"correct the {fact.tag_word} {fact.tag('peak-rps')}, or deploy the machines that "
        "it needs",
        path=fact.machines_at,
        sources=(here.card.source,) if here.card.source else (),
        advice=peak_rps <= limits.times_sure * served_rps,
    )
