"""What of a layout is paid and draws power: its replicas, always or only while they answer."""

from __future__ import annotations

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Hosting
from lichen.sizing import Layout
from lichen.sizing.replicas import HOURS, day_of


def paid_of(layout: Layout, hosting: Hosting, slow: float = 1.0) -> tuple[float, float]:
    """The replicas that are paid on average over the day, and how far their watts are from idle
    (0) to full (1), where a machine's times are ``slow`` times the likely ones.

    A hosting that bills the time at work takes a replica for the length of a request, and that
    replica is at work the whole time. Those that the workload wants ready are paid all the time.
    """
    if hosting.billed != "busy":
        return layout.replicas_mean, layout.draw(slow)
    rps = sum(day_of(layout.workload.traffic)) / HOURS
    busy = rps * slow / layout.capacity.saturated_rps
    paid = max(busy, float(least_of(layout, hosting)))
    return paid, busy / paid if paid else 1.0


def least_of(layout: Layout, hosting: Hosting) -> int:
    """The replicas that are paid without any traffic: of those that are billed at work, as many
    as the workload names."""
    if hosting.billed == "busy":
        return layout.workload.availability.minimum_replicas or 0
    return layout.replicas.minimum


def about_billing(hosting: Hosting, region: str, catalogue: Catalogue) -> str | None:
    """What an answer says of a hosting that bills the time at work; None of another."""
    if hosting.billed != "busy":
        return None
    rate = catalogue.rate(hosting.name, region)
    note = (
        f"{hosting.title} is paid while it answers: no copy is kept ready, so that a request that "
        "finds none waits until one has loaded the model"
    )
    if rate is not None and rate.usd_million_requests is not None:
        note += (
            f"; a million requests cost USD {rate.usd_million_requests:g} beside the price "
            f"({rate.source})"
        )
    return note
