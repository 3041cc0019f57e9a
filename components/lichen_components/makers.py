"""What makes a placement real: a maker for each hosting and mode, a server for each program.

The rows are found, not listed: a hosting's in the ``__init__.py`` of its folder, a server's in its
file under ``servers/``. makes.csv has their combinations. A maker's module is imported when its
hosting is chosen.
"""

from __future__ import annotations

import pkgutil
import sys
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import import_module
from types import ModuleType
from typing import Protocol, cast

import pulumi

from lichen.catalogue import Catalogue
from lichen.catalogue.schema import Machine
from lichen.placing.question import Pin
from lichen.sizing.replicas import floor_of
from lichen.words import Environment
from lichen.workload import Workload
from lichen_components import servers
from lichen_components.args import EndpointArgs
from lichen_components.hosted import HostedEndpoint
from lichen_components.plan import Plan
from lichen_components.row import MakerRow, RecordRow
from lichen_components.servers.container import Container, Decision


class Maker(Protocol):
    """Makes the resources of a plan on one hosting."""

    def __call__(
        self, name: str, plan: Plan, opts: pulumi.ResourceOptions | None = None
    ) -> HostedEndpoint:
        """Make them; :class:`InputError` where an argument is wrong."""

    def check(self, decision: Decision, args: EndpointArgs) -> None:
        """:class:`InputError` where the hosting cannot do what was decided."""


class PlacementRecord(Protocol):
    """What remembers where a stack's deployments are, in one cloud."""

    def record(
        self, name: str, environment: Environment, here: Pin, parent: pulumi.Resource
    ) -> None:
        """Write it down, as a resource under ``parent``."""

    def placed_now(self, name: str, workload: Workload) -> Pin | None:
        """What was written down; None where nothing was."""


Serve = Callable[[Decision], Container]


@cache
def maker_rows() -> tuple[MakerRow, ...]:
    """The rows of all hostings."""
    return tuple(row for module in _folders() for row in getattr(module, "MAKERS", ()))


@cache
def record_rows() -> tuple[RecordRow, ...]:
    """The rows of all clouds that remember placements."""
    return tuple(row for module in _folders() for row in getattr(module, "RECORDS", ()))


@cache
def servers_found() -> Mapping[str, Serve]:
    """Server -> its settings. makes.csv says which serves a kind of model on a family of chips."""
    found: dict[str, Serve] = {}
    for entry in pkgutil.iter_modules(servers.__path__, f"{servers.__name__}."):
        module = import_module(entry.name)
        if hasattr(module, "SERVER"):
            found[module.SERVER] = module.serve
    return found


def _folders() -> Iterator[ModuleType]:
    """The folders of this package, imported without their files, which import a cloud's SDK."""
    package = __name__.rpartition(".")[0]
    for entry in pkgutil.walk_packages(sys.modules[package].__path__, f"{package}."):
        if entry.ispkg:
            yield import_module(entry.name)


def row_of(hosting: str, workload: Workload) -> MakerRow:
    """The row of a workload's way of serving on a hosting; LookupError where there is none."""
    asleep = workload.mode == "real-time" and floor_of(workload) == 0
    rows = [row for row in maker_rows() if row.hosting == hosting]
    for mode in ("to-zero" if asleep else workload.mode, None):
        for row in rows:
            if row.mode == mode:
                return row
    raise LookupError(f"no folder of lichen_components has a row for {hosting}")


def maker_of(row: MakerRow) -> Maker:
    """A row's maker, imported now."""
    module, _, name = row.maker.partition(":")
    return cast(Maker, getattr(import_module(module), name))


def record_of(cloud: str) -> PlacementRecord | None:
    """What remembers the placements on a cloud, imported now; None where nothing does."""
    for row in record_rows():
        if row.cloud == cloud:
            return cast(PlacementRecord, import_module(row.module))
    return None


def chip_families(catalogue: Catalogue) -> Mapping[str, str]:
    """The family of every chip, by the chip's name."""
    return {name: chip.family for name, chip in catalogue.chips.items()}


def chip_of(machine: Machine) -> str:
    """The chip that computes: an accelerator, or the CPU where there is none."""
    return machine.accelerator or machine.cpu or machine.architecture
