"""Which values of a block are defaults that whoever applies the configuration may replace.

A parser of HCL (Checkov's) puts the default of a variable in its place, and leaves on the block
where each value came from. A variable of the root module takes another value by ``-var`` or a
``tfvars`` file, so its default is no value; one that a ``tfvars`` file sets has one. A variable of
a module has what its caller gives it, and where that is nothing its default is fixed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePath
from typing import Any

from lichen_policies.facts.numbers import whole_in
from lichen_policies.facts.unknown import Unknown

Block = Mapping[str, Any]
Crumb = Mapping[str, Any]

DEFAULT: Any = Unknown(
    "is a default that may be replaced when it is applied (check the plan, or give --var-file)"
)

_CRUMBS = "rendering_breadcrumbs_"


def is_beside(block: Block, kind: str, file: str, module: object) -> bool:
    """Whether a block is in the folder of a file, in the same call of its module."""
    return (
        block["block_type_"] == kind
        and PurePath(block["file_path_"]).parent == PurePath(file).parent
        and block.get("source_module_object_") == module
    )


def call_of(module: Any, others: Sequence[Block]) -> Block | None:
    """The block that calls a module."""
    for call in others:
        if call["block_name_"].partition("[")[0] == module.name and is_beside(
            call, "module", module.path, module.nested_tf_module
        ):
            return call
    return None


def without_defaults(
    properties: Mapping[str, Any], block: Block | None, others: Sequence[Block]
) -> dict[str, Any]:
    """A block's properties, unknown where they are defaults; ``others`` are the parser's blocks."""
    found = dict(properties)
    if block is None:
        return found
    for path in _defaults(block, others):
        found = _opened(found, path)
    return found


def _defaults(block: Block, others: Sequence[Block]) -> Iterator[str]:
    """The paths of the values that hang on a default, the innermost that explain it."""
    crumbs = _crumbs(block)
    names = {
        path: {crumb["name"] for crumb in chain if crumb["type"] == "variable"}
        for path, chain in crumbs.items()
    }
    for path, chain in crumbs.items():
        if not _hangs_on_default(chain, block, others, frozenset()):
            continue
        inner = [other for other in crumbs if other.startswith(f"{path}.")]
        if inner and names[path] <= {name for other in inner for name in names[other]}:
            continue  # it is listed for what is in it
        yield path


def _crumbs(block: Block) -> dict[str, list[Crumb]]:
    """Where the values of a block came from, by their paths."""
    return {
        path: [crumb for crumb in chain if isinstance(crumb, Mapping)]
        for path, chain in (block.get(_CRUMBS) or {}).items()
        if path != "source_module_" and isinstance(chain, list)
    }


def _hangs_on_default(
    chain: Sequence[Crumb], block: Block, others: Sequence[Block], seen: frozenset[str]
) -> bool:
    given = {crumb["name"] for crumb in chain if crumb["type"] == "tfvar"}
    file, module = block["file_path_"], block.get("source_module_object_")
    for crumb in chain:
        name, kind = crumb["name"], crumb["type"]
        key = f"{kind} {name} {crumb.get('path')} {module}"
        if name in given or key in seen:
            continue
        if kind == "variable" and PurePath(crumb["path"]).parent == PurePath(file).parent:
            if module is None:
                return True
            call = call_of(module, others)
            if call is None:
                return True
            passed = [
                each
                for path, every in _crumbs(call).items()
                if path == name or path.startswith(f"{name}.")
                for each in every
            ]
            if name in call and _hangs_on_default(passed, call, others, seen | {key}):
                return True
        elif kind in ("locals", "output"):
            for other in others:
                same = (other["block_type_"], other["block_name_"]) == (kind, name)
                if same and other["file_path_"] == crumb["path"]:
                    behind = [each for every in _crumbs(other).values() for each in every]
                    if _hangs_on_default(behind, other, others, seen | {key}):
                        return True
    return False


def _opened(value: Any, path: str) -> Any:
    """A value with what a path leads to unknown: ``variants.0.type``, ``labels.app.name``."""
    if not path:
        return DEFAULT
    if isinstance(value, list):
        index, _, rest = path.partition(".")
        at = whole_in(index)
        if at is not None and at < len(value) and len(value) > 1:
            return [
                _opened(part, rest) if number == at else part for number, part in enumerate(value)
            ]
        return [_opened(part, path) for part in value]
    if isinstance(value, Mapping):
        keys = [key for key in value if path == key or path.startswith(f"{key}.")]
        if keys:
            key = max(keys, key=len)
            return {**value, key: _opened(value[key], path[len(key) + 1 :])}
    return value
