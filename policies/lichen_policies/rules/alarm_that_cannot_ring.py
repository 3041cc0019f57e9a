"""Alarm on an endpoint that cannot ring, that rings at every request, or that nobody hears.

Why: A dead alarm looks like a quiet one. A metric's name in other capitals, a dimension left out or
a threshold in the wrong unit is accepted by the cloud without a word, and is found out on the day
that the alarm was for.

Fix: Name the metric, the namespace and the dimensions as they are published, in the metric's own
unit, and give the alarm an action.

Exceptions: Only alarms on SageMaker's and Bedrock's metrics are judged, and only what is surely
wrong: a metric that Lichen does not know is taken for right. Of latencies, which SageMaker gives in
microseconds, that is a threshold below 1,000, which every request is above, and one that no request
reaches. An alarm without actions passes where a roll-out or another alarm of the same stack acts on
it. It only advises.

Tags: It reads none.
"""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts import Alarm
from lichen_policies.rule import Change, Finding, Known, NotApplicable, rule

GUIDE = "(SageMaker Developer Guide, Amazon SageMaker AI metrics in Amazon CloudWatch)"


@rule(severity="high", dev="advisory", staging="advisory", prod="advisory", theme="serving")
def alarm_that_cannot_ring(fact: Alarm, known: Known) -> Iterator[Finding]:
    if fact.if_known.namespace is None:
        raise NotApplicable("whose metric it is about is not known")
    yield from _without_data(fact)
    if fact.most is not None:
        yield from _out_of_reach(fact, fact.most)
    if fact.least is not None:
        yield from _always(fact, fact.least)
    if fact.idle_is_silent:
        yield from _silent_when_idle(fact)
    yield from _unheard(fact)


def _without_data(fact: Alarm) -> Iterator[Finding]:
    """What it names is not published, so it waits for data for ever."""
    for path, right, wrong in (
        (fact.metric_at, fact.metric_meant, "names no metric"),
        (fact.namespace_at, fact.namespace_meant, "has no such metric"),
    ):
        if right:
            yield Finding(
                what=f"{path} {wrong}, so the alarm never has data",
                limit=f"names are taken letter by letter {GUIDE}",
                changes=(Change(path=path, to=right),),
                path=path,
            )
    if fact.dimensions_meant:
        names = " and ".join(fact.dimensions_meant)
        yield Finding(
            what=f"the metric is published by {names}, and {fact.dimensions_at} names others, so "
            "the alarm never has data",
            limit=f"an alarm names exactly the dimensions of its metric {GUIDE}",
            or_else=f"set {fact.dimensions_at} to {names}, and no other",
            path=fact.dimensions_at,
        )
    if fact.unfit:
        yield Finding(
            what=f"in {fact.dimensions_at} {fact.unfit}, so the alarm never has data",
            limit="an alarm names what is in its stack as it is called there",
            or_else=f"correct {fact.dimensions_at}",
            path=fact.dimensions_at,
        )


def _out_of_reach(fact: Alarm, most: float) -> Iterator[Finding]:
    threshold, comparison = fact.threshold, fact.comparison
    if threshold is None:
        return
    above = comparison == "GreaterThanThreshold" and threshold >= most
    if above or (comparison == "GreaterThanOrEqualToThreshold" and threshold > most):
        yield Finding(
            what=f"{fact.threshold_at} is {_written(threshold)}, and the metric is never above "
            f"{_written(most)}: "
            f"{fact.most_because}",
            limit=f"a threshold is in the unit of its metric {GUIDE}",
            or_else=f"set {fact.threshold_at} below {_written(most)}",
            path=fact.threshold_at,
        )


def _always(fact: Alarm, least: float) -> Iterator[Finding]:
    """A threshold that every request is above, as one in milliseconds is of microseconds."""
    threshold, comparison = fact.threshold, fact.comparison or ""
    if threshold is None or not comparison.startswith("GreaterThan") or threshold >= least:
        return
    yield Finding(
        what=f"{fact.threshold_at} is {_written(threshold)}, and every request is above that, so "
        f"the alarm always rings: {fact.least_because}",
        limit=f"a threshold is in the unit of its metric {GUIDE}",
        or_else=f"set {fact.threshold_at} in microseconds: 1,000 for each millisecond",
        path=fact.threshold_at,
    )


def _written(number: float) -> str:
    """``0.05``, ``3,600,000,000``."""
    return f"{number:,.0f}" if float(number).is_integer() else f"{number:g}"


def _silent_when_idle(fact: Alarm) -> Iterator[Finding]:
    """Too few requests: none at all give no data, rather than a zero."""
    threshold, comparison = fact.threshold, fact.comparison
    if threshold is None:
        return
    below = comparison == "LessThanThreshold" and threshold <= 1
    idle = below or (comparison == "LessThanOrEqualToThreshold" and threshold < 1)
    if idle and fact.missing != "breaching":
        yield Finding(
            what=f"{fact.threshold_at} is {threshold:g} for too few requests, but without requests "
            "there is no data at all, and the alarm does not count that",
            limit="an alarm on idleness counts missing data as breaching (Amazon CloudWatch User "
            "Guide, Configuring how CloudWatch alarms treat missing data)",
            changes=(Change(path=fact.missing_at, to="breaching"),),
            path=fact.missing_at,
        )


def _unheard(fact: Alarm) -> Iterator[Finding]:
    if fact.used is None or fact.used:
        return
    off = fact.enabled is False
    if not off and fact.heard:
        return
    path = fact.enabled_at if off else fact.heard_at
    yield Finding(
        what=f"{path} is {'false' if off else 'not set'}, and nothing in the stack acts on the "
        "alarm: it rings unheard",
        limit="an alarm notifies somebody",
        changes=(Change(path=path, to=True),) if off else (),
        or_else="" if off else f"set {path} to a topic or a policy",
        path=path,
    )
