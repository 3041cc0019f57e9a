"""What there is in the emulated Google: resources, operations and IAM policies, by full name."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

Body = dict[str, Any]


class RefusedRequest(Exception):
    """A request that Google would refuse: the HTTP code, the status, and the words."""

    def __init__(self, message: str, code: int = 400, status: str = "INVALID_ARGUMENT") -> None:
        super().__init__(message)
        self.message, self.code, self.status = message, code, status


def missing(name: str) -> RefusedRequest:
    return RefusedRequest(f"Resource '{name}' was not found", 404, "NOT_FOUND")


_RELATIVE = re.compile(r"^(?:https://[^/]+/)?(?:compute/)?(?:v\d\w*/|storage/v\d/)?")


def relative(name: str) -> str:
    """A full name without host and version: ``projects/acme/regions/europe-west4/...``."""
    return _RELATIVE.sub("", name)


def number_of(project: str) -> str:
    """A project's number: always the same of one id."""
    return str(
        100_000_000_000 + sum(ord(letter) * 31**n for n, letter in enumerate(project)) % 10**9
    )


@dataclass
class Store:
    """Everything, by full name without version."""

    resources: dict[str, Body] = field(default_factory=dict)
    collections: dict[str, str] = field(default_factory=dict)
    policies: dict[str, Body] = field(default_factory=dict)
    operations: dict[str, Body] = field(default_factory=dict)
    counter: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    def put(self, name: str, collection: str, body: Body) -> None:
        """A new resource; :class:`RefusedRequest` where the name is taken."""
        if name in self.resources:
            raise RefusedRequest(f"Resource '{name}' already exists", 409, "ALREADY_EXISTS")
        self.resources[name], self.collections[name] = body, collection

    def get(self, name: str) -> Body:
        """A resource; :class:`RefusedRequest` where there is none."""
        found = self.resources.get(name)
        if found is None:
            raise missing(name)
        return found

    def named(self, name: str) -> Body | None:
        """A resource by its full name or link."""
        return self.resources.get(relative(name))

    def drop(self, name: str) -> Body:
        self.get(name)
        self.policies.pop(name, None)
        del self.collections[name]
        return self.resources.pop(name)

    def of(self, collection: str) -> Iterator[tuple[str, Body]]:
        """Resources of a kind, such as ``run.projects.locations.services``, by name."""
        for name, kind in list(self.collections.items()):
            if kind == collection:
                yield name, self.resources[name]

    def grants(self, name: str, role: str) -> set[str]:
        """The members that a resource's own policy gives a role."""
        bindings = self.policies.get(name, {}).get("bindings", [])
        return {member for one in bindings if one["role"] == role for member in one["members"]}
