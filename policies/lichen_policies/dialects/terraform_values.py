"""Values with their marks, as Terraform prints them in plans and states.

What is sensitive is not read: no message can repeat what no rule has read.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from lichen_policies.dialects.terraform_configuration import Instance
from lichen_policies.facts.unknown import Unknown

SECRET: Any = Unknown("is sensitive, so Lichen does not read it")


class Standing(msgspec.Struct, frozen=True):
    """A resource or data source with the values that it has."""

    address: str
    mode: str
    type: str
    name: str
    values: dict[str, Any] | None = None
    sensitive_values: bool | dict[str, Any] = False


class ModuleValues(msgspec.Struct, frozen=True):
    """A module instance with what is in it."""

    address: str = ""
    resources: tuple[Standing, ...] = ()
    child_modules: tuple[ModuleValues, ...] = ()

    def every(self) -> Iterator[tuple[Instance, Standing]]:
        """Every resource and data source, in modules below too."""
        for each in self.resources:
            yield (
                Instance.of(each.address, self.address, each.mode, each.type, each.name),
                each,
            )
        for module in self.child_modules:
            yield from module.every()


class Values(msgspec.Struct, frozen=True):
    """What is, or is to be, in the root module and below."""

    root_module: ModuleValues = ModuleValues()


def unmarked(value: Any, secret: Any) -> Any:
    """A value without what its marks call sensitive. The marks have the value's shape, down to a
    true that covers what is below."""
    if secret is True:
        return SECRET
    if isinstance(value, dict) and isinstance(secret, dict):
        return {key: unmarked(part, secret.get(key)) for key, part in value.items()}
    if isinstance(value, list) and isinstance(secret, list):
        marks = [*secret, *[None] * len(value)]
        return [unmarked(part, marks[index]) for index, part in enumerate(value)]
    return value
