"""No two modules import each other, directly or through others; imports for types count too."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator, Mapping

import grimp
import pytest

PACKAGES = (
    "lichen",
    "lichen_policies",
    "lichen_components",
    "lichen_practices",
    "lichen_doors",
)


def circles(imports: Mapping[str, frozenset[str]]) -> list[list[str]]:
    """Groups of modules that reach each other (strongly connected, by Tarjan's algorithm)."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    path: list[str] = []
    found: list[list[str]] = []

    def visit(root: str) -> None:
        work: list[tuple[str, Iterator[str]]] = [(root, iter(sorted(imports[root])))]
        index[root] = low[root] = len(index)
        path.append(root)
        while work:
            module, rest = work[-1]
            following = next(rest, None)
            if following is None:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[module])
                if low[module] == index[module]:
                    at = path.index(module)
                    group, path[at:] = path[at:], []
                    if len(group) > 1:
                        found.append(sorted(group))
            elif following not in index:
                index[following] = low[following] = len(index)
                path.append(following)
                work.append((following, iter(sorted(imports[following]))))
            elif following in path:
                low[module] = min(low[module], index[following])

    for module in sorted(imports):
        if module not in index:
            visit(module)
    return found


def test_a_circle_of_three_is_found() -> None:
    imports = {"a": {"b"}, "b": {"c"}, "c": {"a", "d"}, "d": set[str]()}
    assert circles({name: frozenset(to) for name, to in imports.items()}) == [["a", "b", "c"]]


@pytest.mark.parametrize("package", PACKAGES)
def test_no_circle_of_imports(package: str) -> None:
    graph = grimp.build_graph(package, exclude_type_checking_imports=False)
    imports = {
        module: frozenset(graph.find_modules_directly_imported_by(module))
        for module in graph.modules
    }
    assert len(imports) > 5
    assert circles(imports) == []


@pytest.mark.parametrize(
    ("package", "needed"),
    [("lichen", {"msgspec", "yaml"}), ("lichen_policies", {"lichen", "msgspec", "yaml"})],
)
def test_the_engine_and_the_rules_need_two_libraries(package: str, needed: set[str]) -> None:
    """No door, no SDK, no terminal: they import these alone, no matter what is installed."""
    graph = grimp.build_graph(
        package, include_external_packages=True, exclude_type_checking_imports=True
    )
    for module, parser in PARSERS.items():
        if module in graph.modules:
            assert _outside(graph, {module}) - needed - {package} == {"tree_sitter", *parser}
            graph.remove_module(module)
    assert _outside(graph, graph.modules) - {package} == needed


PARSERS = {
    "lichen_policies.dialects.hcl.syntax": ("tree_sitter_hcl",),
    "lichen_policies.dialects.hcl.expressions": (),
    "lichen_policies.dialects.azure.bicep": ("tree_sitter_bicep",),
    "lichen_policies.dialects.tree_depth": (),
}
"""Imported when a file of that language is read, and never by a door that reads none."""


def _outside(graph: grimp.ImportGraph, modules: Iterable[str]) -> set[str]:
    """The packages that modules import, those of Python aside."""
    imported = (graph.find_modules_directly_imported_by(module) for module in modules)
    roots = {name.split(".")[0] for names in imported for name in names}
    return roots - set(sys.stdlib_module_names)
