"""A run of the gate: everything that is judged together, and the exemptions that were written for
it.

A rule over a run judges what no resource and no stack has by itself. It gives its findings once,
however many documents there are.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from lichen_policies.exemptions import Exemption
from lichen_policies.facts import Resource
from lichen_policies.stack import Stack


class Exempted(msgspec.Struct, frozen=True, kw_only=True):
    """An exemption, and the ``resources`` that it names.

    ``idle`` says why it exempts nothing, in words; it is empty where it may exempt something.
    ``rule`` and ``where`` are there for one that cannot be read too, whose ``exemption`` is None.
    """

    rule: str
    where: str
    exemption: Exemption | None
    resources: tuple[Resource, ...]
    idle: str = ""


class Run(Stack):
    """What a run judges: its exemptions."""

    __slots__ = ("exempted",)

    def __init__(self, exempted: Iterable[Exempted] = ()) -> None:
        super().__init__(())
        self.exempted = tuple(exempted)
