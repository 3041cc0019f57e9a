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
    computed,
    out_of_secret,
)
from lichen_policies.dialects.secrets import COPY_OF, hidden


class Inputs(Mapping[str, object]):
    """A resource's inputs as plain values.

    ``references`` are the addresses of the resources that each property is made of.
    """

    def __init__(
        self, struct: struct_pb2.Struct, references: Mapping[str, tuple[str, ...]] | None = None
    ) -> None:
        self._fields = struct.fields
        self._references = references or {}
        self._decoded: dict[str, object] = {}

    def __getitem__(self, key: str) -> object:
        if key not in self._decoded:
            if key not in self._fields:
                raise KeyError(key)
            self._decoded[key] = self._value(key)
        return self._decoded[key]

    def get(self, key: str, default: object = None) -> object:
        """As of any mapping; most properties that a reader asks for are left out."""
        return self[key] if key in self._decoded or key in self._fields else default

    def _value(self, key: str) -> object:
        value = plain(self._fields[key], self._references.get(key, ()))
        original = COPY_OF.get(key)
        return value if original is None else hidden(value, self.get(original), SECRET)

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __len__(self) -> int:
        return len(self._fields)


def plain(field: struct_pb2.Value, references: tuple[str, ...] = ()) -> object:
    """A value: what is computed, secret or special is unknown; whole numbers are whole again."""
    kind = field.WhichOneof("kind")
    if kind == "string_value":
        text = field.string_value
        return computed(references) if text in COMPUTED else text
    if kind == "struct_value":
        fields = field.struct_value.fields
        if SIGNATURE in fields:
            return _signed(fields)
        return {key: plain(value, references) for key, value in fields.items()}
    if kind == "list_value":
        return [plain(value, references) for value in field.list_value.values]
    if kind == "number_value":
        number = field.number_value
        return int(number) if number.is_integer() else number
    return field.bool_value if kind == "bool_value" else None


def _signed(fields: Mapping[str, struct_pb2.Value]) -> object:
    """An object with the engine's signature: a secret, an asset, a reference.

    A program's list may be secret as a whole where one value in it is: what is harmless in a
    secret list or object is read. A single secret value is not.
    """
    if fields[SIGNATURE].string_value != SECRET_SIGNATURE:
        return SPECIAL
    value = plain(fields["value"]) if "value" in fields else None
    return out_of_secret(value) if isinstance(value, dict | list) else SECRET
