"""Server of language models that is given one request at a time.

Why: A server such as vLLM answers many requests together: reading the weights once serves all of
them, and a token of ten answers takes hardly longer than a token of one. Where its platform gives
it one request at a time, each request that is under way has accelerators to itself, and ten at
once need ten instances.

Fix: Raise the limit, as the message says, to as many as a benchmark answers within your latency
(``lichen bench``), or remove it.

Exceptions: It only advises. It judges containers with accelerators of Cloud Run, Knative and KServe
whose server it knows by their settings: vLLM, SGLang, Text Generation Inference and AWS's Large
Model Inference containers. Others may not be made for several requests. A limit that is left out,
or 0, is none. KServe applies its limit (``containerConcurrency``) with Knative alone: beside the
annotation ``serving.kserve.io/deploymentMode: Standard`` or ``RawDeployment`` it is not read. The
server's own limit, such as ``--max-num-seqs``, is not judged.

Tags: It reads none.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from lichen.figures import many
from lichen_policies.facts import ServingContainer
from lichen_policies.rule import Finding, Known, NotApplicable, rule
from lichen_policies.served import server_of


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``requests``: a limit of so many at a time is too few."""

    requests: Annotated[int, Meta(ge=1, le=1000)] = 1


@rule(severity="medium", dev="advisory", staging="advisory", prod="advisory", theme="hardware")
def requests_one_by_one(fact: ServingContainer, limits: Limits, known: Known) -> Iterator[Finding]:
    if fact.as_read("at_once") is None:
        raise NotApplicable("nothing limits how many requests it is given at once")
    if fact.if_known.chip is None:
        raise NotApplicable("it has no accelerator")
    server = server_of(fact)
    if server is None:
        raise NotApplicable("it is no server of language models that is known by its settings")
    if not fact.at_once or fact.at_once > limits.requests:
        return
    yield Finding(
        what=f"{fact.at_once_at} is {fact.at_once}, so the accelerators of an instance work on "
        f"{many(fact.at_once, 'request')} at a time",
        limit=f"{server} answers many requests together on the same accelerators",
        or_else=f"set {fact.at_once_at} to as many as a benchmark answers within your latency, or "
        "remove it",
        path=fact.at_once_at,
    )
