"""Real-time endpoint for requests that may wait.

Why: A real-time endpoint keeps a machine for the next request, day and night. Requests that may
wait for a minute can wait in a queue, before an asynchronous endpoint that is at zero between them,
or be worked through together in a batch.

Fix: Make the endpoint asynchronous, or run a batch transform; for few requests to a small model,
make it serverless. On Kubernetes let KEDA or Knative scale it to zero, or run a Job.

Exceptions: Only what the tags declare is judged. Requests with a bound below the limit are real
time, however few they are.

Tags: It needs ``lichen:mode``, or ``lichen:p95-ms``, and finds nothing without them. With
``lichen:mean-rps`` it also finds endpoints that get a few requests an hour.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from lichen.passport import Passport
from lichen_policies.facts import Serving
from lichen_policies.provisioned import in_cluster, month_of
from lichen_policies.rule import (
    HIGHER_IS_STRICTER,
    LOWER_IS_STRICTER,
    Finding,
    Known,
    NotApplicable,
    rule,
)


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``wait_ms``: from which bound on a request's time it may wait, in milliseconds. Up to
    ``few_an_hour`` requests an hour a bound of ``few_wait_ms`` is enough, in which a serverless
    endpoint starts."""

    wait_ms: Annotated[float, Meta(gt=0, le=1e9), LOWER_IS_STRICTER] = 30_000
    few_an_hour: Annotated[float, Meta(ge=0, le=1e6), HIGHER_IS_STRICTER] = 10
    few_wait_ms: Annotated[float, Meta(gt=0, le=1e9), LOWER_IS_STRICTER] = 10_000


@rule(severity="medium", dev="advisory", staging="advisory", prod="advisory", theme="serving")
def needless_real_time(fact: Serving, limits: Limits, known: Known) -> Iterator[Finding]:
    if fact.serverless or fact.shadow or fact.asynchronous or fact.asynchronous is None:
        return
    passport = fact.passport
    if passport is None:
        raise NotApplicable("the lichen:* tags do not say whether requests may wait")
    because = _because(fact, passport, limits)
    if not because:
        return
    count = max(fact.if_known.machines or 1, fact.if_known.floor or 0)
    cost, sources = month_of(fact, fact.if_known.machine, count, fact.hosting, known)
    what = "pod" if in_cluster(fact.hosting, known.catalogue) else "machine"
    waiting = f"1 {what} waits" if count == 1 else f"{count} {what}s wait"
    yield Finding(
        what=f"{because}, and {waiting} for the next request, day and night{cost}",
        limit=f"what may wait {limits.wait_ms / 1000:g} s, or comes a few times an hour, needs no "
        "real-time endpoint",
        or_else=fact.to_wait
        or f"set {fact.asynchronous_at} and let the endpoint scale to zero, or run a batch "
        "transform",
        path=fact.asynchronous_at or fact.machines_at or fact.path,
        sources=sources,
    )


def _because(fact: Serving, passport: Passport, limits: Limits) -> str:
    """What the tags declare that lets requests wait; empty where they do not."""
    if passport.mode in ("asynchronous", "batch"):
        return f"{fact.tag('mode')} is {passport.mode}"
    p95_ms = passport.p95_ms
    if p95_ms is None or passport.time_to_first_token_ms is not None:
        return ""
    if p95_ms >= limits.wait_ms:
        return f"{fact.tag('p95-ms')} allows {p95_ms / 1000:g} s"
    if passport.mean_rps is None or p95_ms < limits.few_wait_ms:
        return ""
    an_hour = passport.mean_rps * 3600
    if an_hour > limits.few_an_hour:
        return ""
    return f"{fact.tag('mean-rps')} is {an_hour:.2g} requests an hour, each of which may take " + (
        f"{p95_ms / 1000:g} s"
    )
