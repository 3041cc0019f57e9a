"""Lists the types of resources of Pulumi's packages whose arguments can name a machine.

``python -m tests.facts.list_machine_kinds FOLDER...`` reads the source of unpacked packages
(``pip download --no-deps pulumi-aws pulumi-aws-native pulumi-gcp``) and prints each type with the
arguments that can, a line each. ``machine_kinds.yaml`` has the result, which
``test_machine_kinds.py`` compares with what is read.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

_NAMES_A_MACHINE = re.compile(
    r"(^|_)(instance_types?|instance_class|instance_requirements|machine_types?|node_type|"
    r"compute_type|worker_type|environment_class|fleet_type|app_block_builder|"
    r"(guest_)?accelerators?(_\w+)?|gpus?(_\w+)?|tpu_\w+)$"
)
_TYPE = re.compile(r"super\(\w+, __self__\)\.__init__\(\s*'([^']+)'")
_ARGUMENTS = re.compile(r"\b\w+Args\b")
_NOT_ARGUMENTS = ("self", "__self__", "resource_name", "opts")

Classes = Mapping[str, ast.ClassDef]


def kinds_in(package: Path) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Each type of a package whose arguments can name a machine, with the paths of those."""
    shared: dict[Path, Classes] = {}
    for file in sorted(package.rglob("*.py")):
        text = "" if file.name.startswith(("_", "get_")) else file.read_text(encoding="utf-8")
        of_type = _TYPE.search(text)
        if of_type is None or ":" not in of_type[1]:
            continue
        beside = file.parent / "_inputs.py"
        if file.parent not in shared:
            shared[file.parent] = _classes(beside.read_text()) if beside.exists() else {}
        own = next((each for name, each in _classes(text).items() if name.endswith("Args")), None)
        found = () if own is None else tuple(_paths(own, shared[file.parent], "", set()))
        if found:
            yield of_type[1], found


def _classes(text: str) -> Classes:
    return {node.name: node for node in ast.parse(text).body if isinstance(node, ast.ClassDef)}


def _paths(arguments: ast.ClassDef, shared: Classes, path: str, seen: set[str]) -> Iterator[str]:
    for name, annotation in _arguments(arguments):
        here = f"{path}.{name}" if path else name
        if _NAMES_A_MACHINE.search(name):
            yield here
        for block in _ARGUMENTS.findall(annotation):
            if block in shared and block not in seen:
                seen.add(block)
                yield from _paths(shared[block], shared, here, seen)


def _arguments(arguments: ast.ClassDef) -> Iterator[tuple[str, str]]:
    for node in arguments.body:
        if isinstance(node, ast.FunctionDef) and node.name == "__init__":
            for each in (*node.args.args, *node.args.kwonlyargs):
                if each.arg not in _NOT_ARGUMENTS and each.annotation is not None:
                    yield each.arg, ast.unparse(each.annotation)


if __name__ == "__main__":
    for folder in sys.argv[1:]:
        for type_, paths in kinds_in(Path(folder)):
            print(f"{type_}: {', '.join(paths)}")
