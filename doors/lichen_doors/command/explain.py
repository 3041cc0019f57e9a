"""``lichen explain``: show all that is known about one name."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lichen.input_error import InputError, nearest
from lichen_doors.command.options import formats
from lichen_doors.command.output import show, show_lines

if TYPE_CHECKING:
    from lichen.catalogue import Catalogue
    from lichen_doors.report.region import Row
    from lichen_doors.report.rule_pages import Page


@click.command("explain")
@click.argument("what")
@formats("text", "json")
def command(what: str, form: str) -> None:
    """Show all that is known about one name.

    WHAT is a rule, a region, a machine or a model. It may also be a workload file: then the command
    shows each step of its placement, what the predicted speed rests on, and why the other offers
    lost. Or it is a deployment, in any form that `lichen check` reads, or a folder: then the
    command lists what of it is bound to one vendor, and what replaces that.
    """
    path = Path(what or "\0")  # an empty name is that of no folder
    if path.is_file() and _is_workload(path):
        _explain_placement(path, form)
        return
    if path.is_file() or path.is_dir():
        _explain_portability(path, form)
        return
    from lichen_doors.report import rule_pages

    pages = _pages_here()
    if what in pages:
        if form == "json":
            click.echo(json.dumps(pages[what], indent=2, ensure_ascii=False))
        else:
            show_lines(rule_pages.page(pages[what]))
        return
    _explain_row(what, pages, form)


def _explain_row(what: str, rules: Collection[str], form: str) -> None:
    """What the catalogue has of a name that is none of the rules."""
    from lichen_doors.command.own_rows import configured_catalogue
    from lichen_doors.report import for_programs, region

    catalogue = configured_catalogue(Path.cwd())
    if form == "json":
        click.echo(for_programs(row_of(what, catalogue, rules)))
    elif what in catalogue.regions:
        show_lines(region.lines(catalogue, catalogue.regions[what]))
    else:
        from lichen_doors.report import explain as story

        _check_known(what, catalogue, rules)
        show(story.renderables(catalogue, what), form, title=what)


def _pages_here() -> Mapping[str, Page]:
    """The page of every rule, as this folder configures it."""
    from lichen_doors.command.own_rows import is_configured
    from lichen_doors.report import rule_pages
    from lichen_doors.report.kept_pages import pages_as_shipped

    if not is_configured(Path.cwd()):
        pages = rule_pages.read_pages(pages_as_shipped())
    else:
        from lichen_policies.gate import Gate

        from lichen_doors.report import rules

        pages = rules.pages(Gate.near(Path.cwd(), trusted=Path.cwd()))
    return {page["rule"]: page for page in pages}


def row_of(what: str, catalogue: Catalogue, rules: Collection[str]) -> Row:
    """What the catalogue knows of a region, a machine or a model.

    Raises :class:`InputError` with the nearest name, one of the ``rules`` too, where it knows none.
    """
    from lichen_doors.report import region

    if what in catalogue.regions:
        return region.story(catalogue, catalogue.regions[what])
    from lichen_doors.report import explain as story

    _check_known(what, catalogue, rules)
    return story.story(catalogue, what)


def _check_known(what: str, catalogue: Catalogue, rules: Collection[str]) -> None:
    from lichen_doors.report import explain as story

    if not story.knows(catalogue, what) and (close := nearest(what, rules)):
        raise InputError(f"{what!r} is not known", fix=f"did you mean {close[0]!r}?")


def _explain_placement(path: Path, form: str) -> None:
    """Every step of a workload's placement."""
    from lichen.placing.placement import Placement
    from lichen.workload import read_workload
    from lichen_doors.command.place import placed
    from lichen_doors.report import for_programs, placement

    answer = placed(read_workload(path), path)
    if form == "json":
        click.echo(
            for_programs(
                placement.Receipt(origin=answer.origin, steps=answer.steps)
                if isinstance(answer, Placement)
                else answer
            )
        )
    else:
        show(placement.arithmetic(answer), form, title=str(path))


def _is_workload(path: Path) -> bool:
    """Whether a file is meant as a workload: it says so in its fields, or is no deployment."""
    from lichen.document import read_document

    try:
        document = read_document(path)
    except InputError:
        return False
    return isinstance(document, dict) and len(document.keys() & _FIELDS) > 1


_FIELDS = {"name", "model", "traffic", "latency", "where", "trafic", "precisions"}
"""Fields of a workload that a deployment's document does not have two of."""


def _explain_portability(path: Path, form: str) -> None:
    """What of a deployment is bound to one vendor."""
    from lichen_policies.dialects.folders import read_all
    from lichen_policies.gate import Gate
    from lichen_policies.portability import portability

    from lichen_doors.report import for_programs
    from lichen_doors.report import portability as report

    gate = Gate.near(path, trusted=Path.cwd())
    reading = read_all([path])
    if unread := [each.file for each in reading.skipped if each.broken]:
        raise InputError(f"not read: {', '.join(unread)}", fix="correct them, or name other paths")
    answer = portability(reading.resources, gate.catalogue, str(path))
    if form == "json":
        click.echo(for_programs(answer))
    else:
        show(report.renderables(answer), form, title=str(path))
