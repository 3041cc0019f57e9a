"""Changes of a resource's inputs as the engine sends them, which keep every secret as it is."""

from __future__ import annotations

from collections.abc import Iterable

from google.protobuf import struct_pb2
from lichen_policies.dialects.pulumi_values import COMPUTED, SECRET_SIGNATURE, SIGNATURE
from lichen_policies.remediation import steps
from lichen_policies.verdict import Change


def changed(inputs: struct_pb2.Struct, changes: Iterable[Change]) -> struct_pb2.Struct | None:
    """A copy of the inputs with changes made; None where one has no place that is known."""
    copy = struct_pb2.Struct()
    copy.CopyFrom(inputs)
    return copy if all(_change(copy, change) for change in changes) else None


def _change(inputs: struct_pb2.Struct, change: Change) -> bool:
    """Set or remove one property; False where its place is computed, secret or not there."""
    *way, last = steps(change.path)
    to = change.to
    holder = _at(inputs, way) if way else None
    fields = inputs.fields if holder is None else holder.struct_value.fields
    if way and (holder is None or not holder.HasField("struct_value") or SIGNATURE in fields):
        return False
    if not isinstance(last, str) or (last not in fields and not change.adds):
        return False
    if to is None:
        del fields[last]
        return True
    found = fields[last]
    if found.HasField("struct_value") or found.string_value in COMPUTED:
        return False
    if change.listed:
        del found.list_value.values[:]
        found = found.list_value.values.add()
    if isinstance(to, bool):
        found.bool_value = to
    elif isinstance(to, str):
        found.string_value = to
    else:
        found.number_value = float(to)
    return True


def _at(inputs: struct_pb2.Struct, way: Iterable[str | int]) -> struct_pb2.Value | None:
    """The value at the end of a way; None where it is not there."""
    fields, value = inputs.fields, None
    for step in way:
        if isinstance(step, str):
            if value is not None:
                if not value.HasField("struct_value"):
                    return None
                fields = value.struct_value.fields
            if step not in fields or SIGNATURE in fields:
                return None
            value = fields[step]
        else:
            if value is None or not value.HasField("list_value"):
                return None
            if step >= len(value.list_value.values):
                return None
            value = value.list_value.values[step]
        value = _inside(value)
    return value


def _inside(value: struct_pb2.Value) -> struct_pb2.Value:
    """A list or object that is secret as a whole for one thing in it, as it is read too."""
    fields = value.struct_value.fields
    if SIGNATURE in fields and fields[SIGNATURE].string_value == SECRET_SIGNATURE:
        found = fields.get("value", value)
        if found.HasField("list_value") or found.HasField("struct_value"):
            return found
    return value
