"""Production endpoint on machines that may all be taken away at once.

Why: Spare capacity (spot, preemptible) ends when the provider wants it back, on AWS with two
minutes' notice and on Google Cloud with half a minute's, and flex-start ends after a few days at
the latest. Where nothing else serves, requests fail until new capacity is found, which for
accelerators may take hours.

Fix: Keep at least what the usual traffic needs on machines that stay, and put only the peaks on
spare capacity. Where the machine is not sold otherwise, choose one that is.

Exceptions: It judges production alone, and only what plainly answers: an endpoint, pods that run a
server of models, a group whose tags declare a model in real time. Batch and asynchronous work is
left alone. Two pools of which one stays look alike to it where each is a resource of its own, so
it only advises.

Tags: A group of machines is judged where ``lichen:model`` says that it serves one; endpoints and
pods of servers need none.
"""

from __future__ import annotations

from collections.abc import Iterator

from lichen.catalogue.schema import PRICE_OF
from lichen.catalogue.sold import TAKEN_BACK
from lichen_policies.facts import MachineKind
from lichen_policies.named_hardware import machine_if_known, written
from lichen_policies.rule import Finding, Known, NotApplicable, rule

_LIMIT = "a production endpoint must keep machines that nobody takes back"


@rule(severity="medium", dev="disabled", staging="disabled", prod="advisory", theme="serving")
def spot_only_endpoint(fact: MachineKind, known: Known) -> Iterator[Finding]:
    if not fact.serves:
        raise NotApplicable("nothing says that somebody waits for its answers")
    if fact.spot:
        at = fact.spot_at or fact.path
        yield Finding(
            what="every machine of it is spot capacity, which the provider may take back at any "
            "time",
            limit=_LIMIT,
            or_else=f"change {at} so that the usual traffic runs on demand, and add a second group "
            "on spot for the peaks",
            path=at,
        )
        return
    machine = machine_if_known(fact)
    if machine is None:
        raise NotApplicable("it names no machine")
    sales = known.catalogue.sales_of(machine)
    ways = sales.ways(fact.region or "") if sales else frozenset()
    if sales is None or not ways or not ways <= TAKEN_BACK:
        return
    source = known.catalogue.sources[sales.source]
    sold = " or ".join(way for way in PRICE_OF if way in ways)
    yield Finding(
        what=f"{written(fact)} is sold as {sold} only ({source.publisher}, {source.version})",
        limit=_LIMIT,
        or_else=f"set {fact.path} to a machine that is sold on demand or reserved",
        path=fact.path,
        sources=(sales.source,),
    )
