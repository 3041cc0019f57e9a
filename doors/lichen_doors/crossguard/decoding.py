"""From protobuf to plain values, each decoded when a reader first asks for it.

A resource of forty properties is judged by the two or three that its reader reads.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from google.protobuf import struct_pb2
from lichen_policies.dialects.pulumi_values import (
    COMPUTED,
    SECRET,
    SECRET_SIGNATURE,
    SIGNATURE,
    SPECIAL,
)
from lichen_policies.facts import UNKNOWN


class Inputs(Mapping[str, object]):
    """A resource's inputs as plain values."""

    def __init__(self, struct: struct_pb2.Struct) -> None:
        self._fields = struct.fields
        self._decoded: dict[str, object] = {}

    def __getitem__(self, key: str) -> object:
        if key not in self._decoded:
            if key not in self._fields:
                raise KeyError(key)
            self._decoded[key] = plain(self._fields[key])
        return self._decoded[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)


def plain(field: struct_pb2.Value) -> object:
    """A value: what is computed, secret or special is unknown; whole numbers are whole again."""
    kind = field.WhichOneof("kind")
    if kind == "string_value":
        text = field.string_value
        return UNKNOWN if text in COMPUTED else text
    if kind == "struct_value":
        fields = field.struct_value.fields
        if SIGNATURE in fields:
            return _signed(fields)
        return {key: plain(value) for key, value in fields.items()}
    if kind == "list_value":
        return [plain(value) for value in field.list_value.values]
    if kind == "number_value":
        number = field.number_value
        return int(number) if number.is_integer() else number
    return field.bool_value if kind == "bool_value" else None


def _signed(fields: Mapping[str, struct_pb2.Value]) -> object:
    """An object with the engine's signature: a secret, an asset, a reference.

    A program's list is secret as a whole where one value in it is, so a secret list or object is
    read; a single secret value is not, and no message can repeat it.
    """
    if fields[SIGNATURE].string_value != SECRET_SIGNATURE:
        return SPECIAL
    value = plain(fields["value"]) if "value" in fields else None
    return value if isinstance(value, dict | list) else SECRET
