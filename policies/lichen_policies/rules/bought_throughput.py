"""More of a model's throughput bought by the hour than its environment allows.

Why: A unit of bought throughput is paid for every hour, used or not, while requests by the piece
cost nothing where there are none. Outside production there are few.

Fix: Buy fewer units, or ask the model by the request.

Exceptions: A model of your own that can only be served by bought throughput needs one unit, which
the limit allows. Where ``modelArn`` is that of a foundation model, which is to be had by the
request, the fix says so; the limit is the same. A term of months only advises: outside production
any, in production one longer than the limit ``months``, since a model is often succeeded before
half a year is over. Azure's units are parts of what a model needs and are sold by 15 or 50 at the
least, which counts as one unit here; above the limit it advises.

Tags: It reads none but ``lichen:environment``, which chooses the limit.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from lichen.figures import many
from lichen_policies.facts import BoughtThroughput
from lichen_policies.rule import LOWER_IS_STRICTER, UNSTATED, Change, Finding, Known, rule

MONTHS = {"OneMonth": 1, "SixMonths": 6}
"""Bedrock's words for a term. (Amazon Bedrock API reference, CreateProvisionedModelThroughput.)"""


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``units``: how many units of one model may be bought; ``months``: for how long at once."""

    units: Annotated[int, Meta(ge=0, le=100_000), LOWER_IS_STRICTER] = 1
    months: Annotated[int, Meta(ge=0, le=120), LOWER_IS_STRICTER] = 0


@rule(
    severity="high",
    dev="mandatory",
    staging="mandatory",
    prod="mandatory",
    theme="idle",
    limits={"prod": {"units": 2, "months": 1}},
)
def bought_throughput(fact: BoughtThroughput, limits: Limits, known: Known) -> Iterator[Finding]:
    environment = fact.if_known.environment
    where = f" in {environment}" if environment else ""
    units, most = fact.units, limits.units * fact.least
    raised = f"raise limits.bought-throughput.{environment or UNSTATED}.units in lichen.yaml"
    times = ""
    if fact.least > 1:
        times = (
            f", {limits.units} of the {fact.least} that are sold at the least; this finding only "
            "advises, because a unit is a part of what a model needs"
        )
    if units is not None and units > most:
        yield Finding(
            what=f"{fact.units_at} buys {units} units, paid for every hour",
            limit=f"the limit{where} is {most}{times}",
            changes=(Change(path=fact.units_at, to=most, at_most=True),),
            or_else=f"{fact.instead}, or {raised}" if fact.instead else raised,
            path=fact.units_at,
            advice=fact.least > 1,
        )
    months = MONTHS.get(fact.term or "", 0 if fact.term is None else 1)
    if months > limits.months:
        yield Finding(
            what=f"{fact.term_at} binds what is bought for {many(months, 'month')}{where}",
            limit="nothing is bought for longer than an hour there"
            if not limits.months
            else f"the limit is {many(limits.months, 'month')}",
            changes=(Change(path=fact.term_at, to=None),),
            path=fact.term_at,
            advice=True,
        )
