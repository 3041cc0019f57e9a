"""Start of a service that takes longer than its platform waits.

Why: Cloud Run ends a container that does not answer its startup probe in time, and starts it again:
the revision never serves, each attempt is paid for, and the deployment fails.

Fix: Stay within the limit: keep the weights near the service and load them in parallel, serve a
smaller precision or model, or serve it on a machine, which waits longer.

Exceptions: It only advises: how fast files load is an assumption of Lichen (starts.csv), and the
vendor may raise its limit. A probe is judged by ``failureThreshold`` x ``periodSeconds``; the delay
before it is time that the model has too. Weights are taken at the declared precision, else at 4
bits, the least that is in use. Jobs may take longer, and are not judged, nor are services that
neither serve a model nor have an accelerator.

Tags: Without ``lichen:*`` tags it judges the startup probe alone. With ``lichen:model`` it judges
the start of the model, and with ``lichen:precision`` it finds more.
"""

from __future__ import annotations

from collections.abc import Iterator

from lichen.catalogue.schema import HostingStart, Kind
from lichen_policies.facts import ServiceStart
from lichen_policies.model_memory import files_gib
from lichen_policies.rule import Finding, Known, NotApplicable, rule


@rule(severity="medium", dev="advisory", staging="advisory", prod="advisory", theme="serving")
def start_longer_than_its_limit(fact: ServiceStart, known: Known) -> Iterator[Finding]:
    from lichen.sizing.start_up import start_of  # few findings size: a start is short

    start = start_of(known.catalogue, fact.hosting)
    if start.longest_s is None:
        raise NotApplicable("its platform sets no limit to a start")
    declared = _too_large(fact, start, start.longest_s, known)
    if declared is not None:
        yield declared
    if fact.probe_s is not None and fact.probe_s > start.longest_s:
        yield Finding(
            what=f"the startup probe at {fact.probe_s_at} waits for {fact.probe_s:g} s "
            "(failureThreshold x periodSeconds)",
            limit=f"Cloud Run waits for {start.longest_s:g} s at the most (Google Cloud, Cloud "
            "Run: Configure container health checks, 2026)",
            or_else=f"set {fact.threshold_at} and {fact.period_at} so that their product is at "
            f"most {start.longest_s:g}",
            path=fact.threshold_at,
        )


def _too_large(
    fact: ServiceStart, start: HostingStart, longest_s: float, known: Known
) -> Finding | None:
    """The finding about the declared model, where its files alone take longer than the limit."""
    from lichen.sizing.start_up import start_s

    passport = fact.passport
    if passport is None or passport.model is None:
        return None
    card = known.declared_model(fact)
    kind: Kind = "gpu" if fact.accelerated else "cpu"
    gib = files_gib(card, passport.precision or "int4", kind, known)
    needed_s = start_s(gib * 2**30, start)
    if needed_s <= longest_s + (fact.delay_s or 0):
        return None
    at_precision = passport.precision or "4 bits"
    return Finding(
        what=f"{card.name} at {at_precision} is {gib:,.1f} GiB, which take about {needed_s:,.0f} s "
        f"to load here at the assumed {start.load_gb_s:g} GB/s",
        limit=f"Cloud Run waits for a start {longest_s:g} s at the most, after the delay of its "
        "probe (Google Cloud, Cloud Run: Configure container health checks, 2026)",
        or_else="serve a smaller precision or model, or serve it on a machine, which waits longer",
        path=fact.path,
        sources=(start.source,),
    )
