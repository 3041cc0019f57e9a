"""Function that computes much on an x86 processor.

Why: AWS states that Lambda's arm64 functions cost 20 % less for each GB-second than x86 ones and
are up to 34 % better in price and performance; Graviton does the same work with less power.

Fix: Set the architecture to arm64, and build the image or the native libraries for it.

Exceptions: Only functions of at least the limit ``memory_mib`` are judged, which have a whole
processor or more: small ones wait rather than compute. An image, or code with native libraries,
must be built for arm64 first, so the rule only advises, unless the code is written in the template
itself, in an interpreted language and without layers.

Tags: Without a ``lichen:*`` tag it judges large functions; with one, such as ``lichen:model``, the
small ones too.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

import msgspec
from msgspec import Meta

from lichen_policies.facts import CloudFunction
from lichen_policies.rule import LOWER_IS_STRICTER, Change, Finding, Known, NotApplicable, rule


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``memory_mib``: from how much memory a function is judged; 1,769 MB are one processor
    (Lambda Developer Guide, Configure Lambda function memory)."""

    memory_mib: Annotated[float, Meta(ge=128, le=1_000_000), LOWER_IS_STRICTER] = 1769


@rule(severity="low", dev="advisory", staging="advisory", prod="advisory", theme="hardware")
def x86_function(fact: CloudFunction, limits: Limits, known: Known) -> Iterator[Finding]:
    if not fact.context.says_what_it_serves:
        memory_mib = fact.memory_mib
        if memory_mib is None or memory_mib < limits.memory_mib:
            raise NotApplicable(f"it has less than {limits.memory_mib:g} MB, and no lichen:* tag")
    if fact.architecture == "arm64":
        return
    neutral = fact.neutral is True
    built = (
        "its code runs on either"
        if neutral
        else "build the image for it"
        if fact.if_known.image
        else "its libraries must be for it"
    )
    yield Finding(
        what=f"{fact.architecture_at} is "
        + ("not set, which means x86_64" if fact.architecture is None else "x86_64"),
        limit="arm64 costs 20 % less for the same GB-seconds (AWS Lambda pricing, 2026)",
        changes=(
            Change(
                path=fact.architecture_at,
                to="arm64",
                why=built,
                safe=neutral,
                adds=fact.architecture is None,
                listed=True,
            ),
        ),
        path=fact.architecture_at,
        advice=not neutral,
    )
