"""What the files of a folder write together: each thing once, as Terraform takes it.

An override file (``override.tf``, ``x_override.tf``) changes what another file declares: its
arguments replace those of the same name, its blocks all blocks of the same kind.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import msgspec

from lichen.document import InputError
from lichen.parsing.bounds import too_deep, twice
from lichen_policies.dialects.hcl import syntax
from lichen_policies.dialects.hcl.syntax import Block, Body, text_in
from lichen_policies.dialects.largest import HCL
from lichen_policies.dialects.terraform_files import configuration_in, is_native
from lichen_policies.dialects.tree_depth import tree_too_deep

_NAMED = ("resource", "data", "module", "variable", "output", "provider")
"""Blocks of which each name is there once in a module."""

Key = tuple[str, ...]


def files_of(folder: Path) -> Body:
    """The blocks of a folder's files.

    :class:`InputError` names the file and line that is no configuration, or both lines of what is
    there twice.
    """
    files = configuration_in(folder)
    try:
        HCL.check_files(file for file in files if is_native(file))
    except InputError as error:
        raise error.within(str(folder)) from None
    plain: list[Block] = []
    overriding: list[Block] = []
    for file in files:
        try:
            (overriding if _overrides(file) else plain).extend(syntax.read(file).blocks)
        except syntax.HasTemplates as error:
            raise _of_templates(error, file, len(files)) from None
        except InputError as error:
            raise error.within(str(file)) from None
        except RecursionError:
            raise too_deep_in(folder) from None
    _check_once(plain)
    return Body({}, tuple(_overridden(plain, overriding)))


def too_deep_in(folder: Path) -> InputError:
    """The refusal of a folder's files, by the file and line where that is known."""
    for file in configuration_in(folder):
        if is_native(file) and (found := tree_too_deep(syntax.tree(HCL.text(file)))):
            return found.within(str(file))
    return too_deep().within(str(folder))


def _of_templates(error: InputError, file: Path, files: int) -> InputError:
    """What is said of a folder that a tool has to fill in first: one of its files is no
    configuration, so what the others mean is not known either."""
    what = "the only file" if files == 1 else f"none of the {files} files"
    return InputError(
        f"{error.wrong}: {what} of this folder is judged"
        if files > 1
        else f"{error.wrong}: {what} of this folder is not judged",
        fix=error.fix,
        field=error.field,
        document=str(file),
    )


def _overrides(file: Path) -> bool:
    stem = file.name.partition(".")[0]
    return stem == "override" or stem.endswith("_override")


def _key(block: Block) -> Key | None:
    """What names a block in its module; None of one that may be there often."""
    if block.kind not in _NAMED:
        return None
    alias = block.body.arguments.get("alias") if block.kind == "provider" else None
    if alias is None:
        return (block.kind, *block.labels)
    return (block.kind, *block.labels, alias if isinstance(alias, str) else text_in(alias))


def _check_once(blocks: Iterable[Block]) -> None:
    """Of two declarations only the last would count, without a word; Terraform refuses them."""
    seen: dict[Key, Block] = {}
    for block in blocks:
        for each in _keys(block):
            if (first := seen.setdefault(each, block)) is not block:
                raise _twice(each, first, block)


def _keys(block: Block) -> list[Key]:
    """The names that a block declares."""
    if block.kind == "locals":
        return [("local", name) for name in block.body.arguments]
    key = _key(block)
    return [] if key is None else [key]


def _twice(key: Key, first: Block, again: Block) -> InputError:
    where = f", in {_place(first)} and in {_place(again)}"
    if first.file == again.file and again.line is not None:
        where = f", in line {first.line} and in line {again.line}"
    name = ".".join(part.strip('"') for part in key).removeprefix("resource.")
    return twice(name, where).within(str(again.file))


def _place(block: Block) -> str:
    return str(block.file) if block.line is None else f"{block.file}:{block.line}"


def _overridden(blocks: list[Block], overriding: Iterable[Block]) -> list[Block]:
    """Blocks with what override files change of them, and what those add."""
    found = list(blocks)
    at = {key: index for index, block in enumerate(found) if (key := _key(block)) is not None}
    for block in overriding:
        index = at.get(_key(block) or ())
        if index is None:
            found.append(block)
            continue
        base, own = found[index].body, block.body
        kinds = {each.kind for each in own.blocks}
        kept = (each for each in base.blocks if each.kind not in kinds)
        body = Body({**base.arguments, **own.arguments}, (*kept, *own.blocks))
        found[index] = msgspec.structs.replace(found[index], body=body)
    return found
