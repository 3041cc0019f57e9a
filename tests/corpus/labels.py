"""What each resource of a stack deserves, as somebody decided who read the rules' pages."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from lichen_policies.registry import rules
from msgspec import Meta

from lichen.document import InputError, convert, did_you_mean, read_document
from tests.corpus.stacks import HERE, path_of, resources, stacks

LABELS = HERE / "labels"

WHOLE_STACK = "(stack)"
"""The key of what is said of a stack and of no resource in it."""

Kind = Literal["finding", "unverified"]
Spot = tuple[str, str]
"""An address and a rule; the address is empty for :data:`WHOLE_STACK`."""


class Deserved(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One rule that a resource deserves. ``why`` is the reason in a few words, from the page."""

    rule: str
    verdict: Kind = "finding"
    why: Annotated[str, Meta(min_length=10)]


class Labels(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One file: a resource that is not listed deserves nothing.

    A key is a resource's address, or the end of its URN if it is the only one with that end.
    """

    labelled: datetime.date
    resources: Mapping[str, Annotated[tuple[Deserved, ...], Meta(min_length=1)]]


def file_of(stack: str) -> Path:
    """The file with a stack's labels."""
    return LABELS / f"{stack}.yaml"


def labelled() -> tuple[str, ...]:
    """The stacks that have labels. A file of labels whose stack does not exist is refused."""
    names = sorted(path.stem for path in LABELS.glob("*.yaml"))
    for name in names:
        path_of(name, str(file_of(name)))
    return tuple(names)


def unlabelled() -> tuple[str, ...]:
    """The stacks that have none yet."""
    return tuple(name for name in stacks() if not file_of(name).exists())


def labels_of(stack: str) -> Mapping[Spot, Deserved]:
    """What the resources of a stack deserve.

    :class:`InputError` for a stack without labels, a rule or an address that does not exist, and
    a rule that is listed twice for one resource.
    """
    path_of(stack)
    path = file_of(stack)
    if not path.exists():
        raise InputError(
            "is not labelled", fix=f"write {path.name} as README.md says", document=str(path)
        )
    found: dict[Spot, Deserved] = {}
    try:
        for key, deserved in convert(read_document(path), Labels).resources.items():
            address = "" if key == WHOLE_STACK else address_of(stack, key)
            for each in deserved:
                _check_rule(each, key)
                if (address, each.rule) in found:
                    raise InputError(f"{each.rule} is listed twice", fix="keep one", field=key)
                found[address, each.rule] = each
    except InputError as error:
        raise error.within(str(path)) from None
    return found


def _check_rule(deserved: Deserved, key: str) -> None:
    if deserved.rule not in rules():
        raise InputError(
            f"{deserved.rule!r} is not a rule",
            fix=did_you_mean(deserved.rule, list(rules())),
            field=key,
        )


def address_of(stack: str, key: str) -> str:
    """The address that a key means; :class:`InputError` where none has that end, or several."""
    addresses = {resource.address for resource in resources(stack)}
    if key in addresses:
        return key
    ends = sorted(address for address in addresses if address.endswith(f"::{key}"))
    if len(ends) == 1:
        return ends[0]
    if ends:
        raise InputError(f"{len(ends)} addresses end so", fix="write more of it", field=key)
    raise InputError(
        f"{key!r} is not an address in the stack",
        fix=f"see python -m tests.corpus resources {stack}; {did_you_mean(key, sorted(addresses))}",
        field=key,
    )
