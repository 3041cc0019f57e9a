"""What components can make, by the rows of makes.csv: the reason why not, or none."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from lichen.catalogue.schema import Made
from lichen.words import Mode, Precision


class Wanted(NamedTuple):
    """A sized machine, as far as what can be made depends on it.

    ``to_zero``: no replica is to run while there is no traffic. ``start_s`` is how long a replica
    takes until it serves, ``longest_start_s`` after how long the hosting ends the attempt.
    """

    machine: str
    hosting: str
    hosting_title: str
    family: str
    kind: str
    mode: Mode
    to_zero: bool
    precision: Precision
    copies: int
    start_s: float = 0.0
    longest_start_s: float | None = None


def why_unmade(wanted: Wanted, makes: Iterable[Made]) -> str | None:
    """A clause that says why no component makes it; None where one does.

    Where several rows come near, the reason is that of the row that comes nearest.
    """
    reason, nearest = f"no component makes {wanted.family} on {wanted.hosting_title} yet", -1
    for row in makes:
        if row.hosting != wanted.hosting or wanted.family not in row.families:
            continue
        missed = _miss(wanted, row)
        if missed is None:
            return None
        if missed[0] > nearest:
            nearest, reason = missed
    return reason


def server_of(makes: Iterable[Made], hosting: str, kind: str, family: str | None) -> str | None:
    """The server of a kind of model on a family of chips; None where no component serves it."""
    for row in makes:
        fits = row.hosting == hosting and family in row.families
        if row.server is not None and fits and (not row.kinds or kind in row.kinds):
            return row.server
    return None


def _miss(wanted: Wanted, row: Made) -> tuple[int, str] | None:
    """How far the row comes (more is nearer), and the one reason why it does not make it."""
    if row.server is None:
        return 0, row.why_not or f"no component makes {wanted.family} yet"
    if row.modes and wanted.mode not in row.modes:
        return 1, f"no component makes {_endpoint(wanted.mode)} yet"
    if wanted.to_zero and wanted.mode not in row.modes_to_zero:
        return 1, f"no component makes {_endpoint(wanted.mode)} that scales to zero replicas yet"
    if row.kinds and wanted.kind not in row.kinds:
        return 2, f"no published image serves models of kind {wanted.kind} on {wanted.family}"
    if row.precisions and wanted.precision not in row.precisions:
        return 3, f"the {row.server} image for {wanted.family} does not serve {wanted.precision}"
    if row.most_copies is not None and wanted.copies > row.most_copies:
        return 4, (
            f"{wanted.copies} copies of the model share one {wanted.machine}, and the "
            f"{row.server} image runs {row.most_copies}"
        )
    if wanted.longest_start_s is not None and wanted.start_s > wanted.longest_start_s:
        return 5, (
            f"a copy takes about {wanted.start_s:,.0f} s until it serves, and "
            f"{wanted.hosting_title} ends a start after {wanted.longest_start_s:,.0f} s"
        )
    return None


def _endpoint(mode: Mode) -> str:
    return f"{'an' if mode == 'asynchronous' else 'a'} {mode} endpoint"
