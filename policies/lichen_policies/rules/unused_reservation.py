"""Reservation of machines that nothing in its stack uses, and that never ends.

Why: A reservation is paid for at the price of its machines as long as it exists, used or not, and
keeps scarce accelerators from others.

Fix: Give the reservation an end, or start machines in it.

Exceptions: It only advises: capacity that is reserved for another stack is legitimate, and no
document shows it. A reservation that ends by itself, is shared with other projects or services, or
whose kind of machine the stack runs is not a finding, nor is one that machines of the stack name.
Only machines with accelerators are judged, and reservations with ``lichen:*`` tags. Capacity blocks
and future reservations end by themselves. The grams are those of machines that idle.

Tags: Without ``lichen:*`` tags it judges machines with accelerators. With one, such as
``lichen:model``, it judges general machines too.
"""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts import Reservation
from lichen_policies.provisioned import is_for_models, saved_by_none
from lichen_policies.rule import Finding, Known, NotApplicable, rule


@rule(severity="medium", dev="advisory", staging="advisory", prod="advisory", theme="idle")
def unused_reservation(fact: Reservation, known: Known) -> Iterator[Finding]:
    if fact.ends or fact.shared:
        return
    if not fact.attached and not is_for_models(fact, fact.machine, known):
        raise NotApplicable("nothing says that its machines serve models")
    if fact.used is None:
        raise NotApplicable("it is judged with the rest of its stack")
    count = 1 if fact.machines is None else fact.machines
    if fact.used or not count:
        return
    saves, sources = saved_by_none(fact, fact.machine, count, fact.hosting, known)
    machines = "1 machine is" if count == 1 else f"{count} machines are"
    yield Finding(
        what=f"{machines} reserved without an end, and nothing in the stack uses "
        f"{'it' if count == 1 else 'them'}",
        limit=f"a reservation is paid for whether it is used or not ({fact.source})",
        or_else=f"{fact.to_end}, or start machines in it",
        path=fact.machines_at or fact.path,
        saves=saves,
        sources=sources,
    )
