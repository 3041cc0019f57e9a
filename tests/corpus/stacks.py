"""The documents of the corpus, what the deployer gives beside each, and their resources."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import msgspec
from lichen_policies.dialects import DeploymentInput, read
from lichen_policies.facts import Resource

from lichen.document import InputError, convert, did_you_mean, read_document
from lichen.words import Environment

HERE = Path(__file__).parent
STACKS = HERE / "stacks"
GIVEN = HERE / "given.yaml"


class Given(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The options of ``lichen check`` for one stack: ``--region``, ``--environment`` and
    ``--parameter``."""

    region: str | None = None
    environment: Environment | None = None
    parameters: Mapping[str, str] = {}


@cache
def stacks() -> Mapping[str, Path]:
    """Every document by its name, which is that of its file without the ending."""
    return {path.stem: path for path in sorted(STACKS.iterdir())}


@cache
def _given() -> Mapping[str, Given]:
    found = convert(read_document(GIVEN), dict[str, Given])
    for name in found:
        path_of(name, str(GIVEN))
    return found


def given_to(stack: str) -> Given:
    """What is given beside a stack; nothing for one that given.yaml does not list."""
    return _given().get(stack, Given())


def path_of(stack: str, document: str = "") -> Path:
    """The file of a stack; :class:`InputError` for a name that is none."""
    if stack not in stacks():
        raise InputError(
            f"{stack!r} is not a stack of the corpus",
            fix=did_you_mean(stack, list(stacks())),
            document=document,
        )
    return stacks()[stack]


@cache
def resources(stack: str) -> tuple[Resource, ...]:
    """The resources of a stack, as every door reads them."""
    given = given_to(stack)
    passed = DeploymentInput(region=given.region, parameters=given.parameters, exact=True)
    return tuple(read(path_of(stack), given=passed))
