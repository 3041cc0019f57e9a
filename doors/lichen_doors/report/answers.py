"""The answers of small commands, for programs: what each prints for people, as data."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from lichen_policies.cases import Tested

from lichen_doors.artifacts import Remark


class Installed(msgspec.Struct, frozen=True, kw_only=True):
    """Where what a host loads is: a folder, or the file that was written. ``use`` is what to
    type."""

    path: str
    use: str


class UnusedResource(msgspec.Struct, frozen=True, kw_only=True):
    """What production kept of an earlier version, and no endpoint uses."""

    kind: str
    name: str


class Pruned(msgspec.Struct, frozen=True, kw_only=True):
    """What is unused in a region, and whether it was ``deleted``."""

    region: str
    unused: tuple[UnusedResource, ...]
    deleted: bool


class ImageCopies(msgspec.Struct, frozen=True, kw_only=True):
    """The lines of a shell that copy serving images to a region. Nothing is copied by itself."""

    region: str
    lines: tuple[str, ...]


class CheckedFiles(msgspec.Struct, frozen=True, kw_only=True):
    """A model's files against what serves them where the workload is placed. ``compile`` and
    ``upload`` are what to type next, None where there is no such step."""

    workload: str
    precision: str
    machine: str
    region: str
    server: str
    location: str
    right: bool
    remarks: tuple[Remark, ...]
    compile: str | None
    upload: str | None


class NothingServed(msgspec.Struct, frozen=True, kw_only=True):
    """No offer serves the workload with the shape that it was compiled in; ``compile`` is one that
    can, None where none can."""

    workload: str
    compile: str | None


class NewRule(msgspec.Struct, frozen=True, kw_only=True):
    """The files of an own rule that were written."""

    rule: str
    cases: str


class TestedRules(msgspec.Struct, frozen=True, kw_only=True):
    """Every case of some own rules, and whether all are ``right``."""

    right: bool
    cases: tuple[Tested, ...]


class Manifests(msgspec.Struct, frozen=True, kw_only=True):
    """Manifests or patches for kubectl, as Kubernetes lists them."""

    apiVersion: Literal["v1"]
    kind: Literal["List"]
    items: list[dict[str, Any]]
