"""Show what a refresh changes and what that moves, then put it in place."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from lichen.catalogue import DIRECTORY, Catalogue
from lichen.grid import classify
from lichen.placing.choose import place
from lichen.placing.placement import NoPlacement, Placement
from lichen.placing.question import Question
from lichen.workload import read_workload
from refresh.draft import Draft, RowChange, catalogues

WORKLOADS = Path(__file__).parent.parent / "stacks" / "workloads"
MOST_SHOWN = 40


def arguments(source: str, about: str) -> argparse.ArgumentParser:
    """The flags that every refresh has."""
    parser = argparse.ArgumentParser(prog=f"python -m refresh.{source}", description=about)
    parser.add_argument(
        "--tables", type=Path, default=DIRECTORY, help="the directory of the tables to update"
    )
    parser.add_argument("--dry-run", action="store_true", help="show the changes, write nothing")
    parser.add_argument("--again", action="store_true", help="ask again, also for answers of today")
    parser.add_argument(
        "--today", type=date.fromisoformat, default=date.today(), help=argparse.SUPPRESS
    )
    return parser


def progress(console: Console) -> Progress:
    """One line a step, on a terminal; silent elsewhere."""
    return Progress(
        SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(),
        console=console, disable=not console.is_terminal,
    )  # fmt: skip


def show_and_install(draft: Draft, console: Console, *, dry_run: bool = False) -> bool:
    """Check, show and (unless ``dry_run``) install the draft; whether a row has changed.

    :class:`InputError` where the drafted tables cannot be believed; nothing is installed then.
    """
    changes = draft.changes()
    with draft.staged() as staged:
        before, after = catalogues(draft, staged)
        for line in _lines(changes):
            console.print(line, highlight=False, markup=False, soft_wrap=True)
        for line in (*moved_classes(before, after), *moved_placements(before, after)):
            console.print(line, highlight=False, markup=False, soft_wrap=True)
        if dry_run:
            console.print("nothing written (--dry-run)")
            return bool(changes)
        placed = draft.put_in_place(staged)
    console.print(f"written: {', '.join(placed)}" if placed else "nothing to write")
    return bool(changes)


def failed(console: Console, error: Exception) -> int:
    """Print an error in a sentence; the exit code of a refresh that could not be done."""
    console.print(f"refresh: {error}", style="red", highlight=False, markup=False, soft_wrap=True)
    return 2


def _lines(changes: Sequence[RowChange]) -> Iterator[str]:
    if not changes:
        yield "no row has changed"
        return
    for change in changes[:MOST_SHOWN]:
        name = f"{change.table}: {' in '.join(change.key)}"
        if change.before is None:
            yield f"+ {name}"
        elif change.after is None:
            yield f"- {name}"
        else:
            cells = ", ".join(
                f"{field} {old or 'unknown'} -> {new or 'unknown'}"
                for field, old, new in change.cells()
            )
            yield f"~ {name}: {cells}"
    if len(changes) > MOST_SHOWN:
        yield f"  and {len(changes) - MOST_SHOWN} more"
    added = sum(change.before is None for change in changes)
    removed = sum(change.after is None for change in changes)
    yield f"{added} added, {removed} removed, {len(changes) - added - removed} changed"


def moved_classes(before: Catalogue, after: Catalogue) -> Iterator[str]:
    """Regions whose class or whose sources' agreement is another than it was."""
    for name, region in after.regions.items():
        if name not in before.regions:
            continue
        old, new = classify(before.regions[name]), classify(region)
        if (old.level, old.agreement) != (new.level, new.agreement):
            yield (
                f"! {name}: {old.level} ({old.agreement}) -> {new.level} ({new.agreement}); "
                f"{new.because}"
            )


def moved_placements(before: Catalogue, after: Catalogue) -> Iterator[str]:
    """Workloads of this repository whose placement is another than it was."""
    for path in sorted(WORKLOADS.glob("*.yaml")):
        old, new = (placement_of(path, catalogue) for catalogue in (before, after))
        if _chosen(old) != _chosen(new):
            yield f"! {old.workload}: {_chosen(old)} -> {_chosen(new)}"


def placement_of(path: Path, catalogue: Catalogue) -> Placement | NoPlacement:
    """The placement of a workload's file by these tables."""
    return place(Question.of(read_workload(path), near=path, catalogue=catalogue))


def _chosen(answer: Placement | NoPlacement) -> str:
    if isinstance(answer, NoPlacement):
        return "no placement"
    chosen = answer.chosen
    return f"{chosen.machine} in {chosen.region}, {chosen.precision}"
