"""What of a deployment is bound to one vendor, for a person."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.portability import Portability
from rich.console import RenderableType
from rich.padding import Padding
from rich.text import Text

from lichen.figures import many

MOST_NAMES = 4
"""Resources that are named of one line; the others are counted."""


def renderables(answer: Portability) -> Iterator[RenderableType]:
    """One paragraph for each thing that is bound, by vendor."""
    vendors = dict.fromkeys(bound.vendor for bound in answer.bound)
    if not vendors:
        yield Text(f"\nNothing of {many(answer.resources, 'resource')} is known to be bound.\n")
        return
    for vendor in vendors:
        yield Text(f"\nBound to {vendor}", style="name")
        for bound in answer.bound:
            if bound.vendor == vendor:
                yield Padding(Text(f"{bound.what}: {_named(bound.resources)}"), (0, 2))
                yield Padding(Text(f"elsewhere: {bound.replaced_by}", style="quiet"), (0, 4))
    if answer.portable:
        yield Text("\nMoves as it is", style="name")
        yield Padding(Text(_named(answer.portable)), (0, 2))
    yield Padding(
        Text(
            "`lichen place FILE --all-clouds` says what moving the workload costs.", style="quiet"
        ),
        (1, 2),
    )


def _named(names: tuple[str, ...]) -> str:
    shown, rest = names[:MOST_NAMES], len(names) - MOST_NAMES
    return ", ".join(shown) + (f" and {rest:,} more" if rest > 0 else "")
