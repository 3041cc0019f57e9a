"""Function with less memory than the weights of its model.

Why: A function that cannot load its model fails at each request, after it has been started and paid
for.

Fix: Give it the memory that the message names, or serve the model on a machine.

Exceptions: It only advises: a function may only call the model that its tags name. Weights are
taken at the declared precision, else at 4 bits, the least that is in use; what the message names is
half as much again and 1 GiB for the server (a design choice of Lichen). Too much memory is not a
finding, since Lambda sells processors by the memory.

Tags: It needs ``lichen:model``, and finds nothing without it. With ``lichen:precision`` it finds
more.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import ceil

from lichen_policies.facts import CloudFunction
from lichen_policies.model_memory import host_need_gib, host_weights_gib
from lichen_policies.rule import Change, Finding, Known, NotApplicable, rule

DEFAULT_MIB, MOST_MIB = 128, 10_240
"""What Lambda gives where the memory is left out, and the most that it gives (Lambda Developer
Guide, Configure Lambda function memory, 2026)."""


@rule(severity="medium", dev="advisory", staging="advisory", prod="advisory", theme="size")
def function_too_small_for_its_model(fact: CloudFunction, known: Known) -> Iterator[Finding]:
    passport = fact.passport
    if passport is None or passport.model is None:
        raise NotApplicable("no lichen:model tag says which model it serves")
    card = known.declared_model(fact)
    given_mib = DEFAULT_MIB if fact.memory_mib is None else fact.memory_mib
    weights_gib = host_weights_gib(card, passport.precision or "int4", known)
    if weights_gib * 1024 <= given_mib:
        return
    enough = ceil(host_need_gib(weights_gib) * 1024)
    left_out = "left out, which means " if fact.memory_mib is None else ""
    at_precision = f"at {passport.precision}" if passport.precision else "at 4 bits"
    yield Finding(
        what=f"{fact.memory_mib_at} is {left_out}{given_mib:g} MB, and the weights of {card.name}"
        f" {at_precision} alone take {weights_gib * 1024:,.0f} MB",
        limit=f"a function holds its model, in at most {MOST_MIB:,} MB (Lambda Developer Guide, "
        "2026)",
        changes=(Change(path=fact.memory_mib_at, to=enough),) if enough <= MOST_MIB else (),
        or_else="" if enough <= MOST_MIB else "serve it on a machine",
        path=fact.memory_mib_at,
    )
