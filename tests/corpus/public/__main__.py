"""``python -m tests.corpus.public``: write docs/precision.md anew from what is recorded.

``python -m tests.corpus.public judge FOLDER`` asks the rules of today before it, of the documents
in a folder of clones, and records what they say as verdicts-after.json, of all samples.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import msgspec

from lichen.document import InputError
from tests.corpus.document import DOCUMENT, written
from tests.corpus.judged import Said, Verdicts, record, recorded
from tests.corpus.labels import labels_of
from tests.corpus.public.documents import HERE, Repository, folder, write
from tests.corpus.public.judged import ask
from tests.corpus.public.later_samples import SAMPLES
from tests.corpus.public.scoring import SAMPLE, sample
from tests.corpus.public.section import AFTER, section
from tests.corpus.stacks import stacks

REPOSITORIES = HERE / "repositories.csv"


def main(arguments: list[str]) -> None:
    match arguments:
        case ["judge", mirror]:
            record(judged(Path(mirror), SAMPLE, REPOSITORIES), AFTER)
            for later in SAMPLES:
                record(judged(Path(mirror), later.drawn, later.repositories), later.after)
        case []:
            pass
        case _:
            sys.exit(__doc__)
    due = {stack: labels_of(stack) for stack in stacks()}
    DOCUMENT.write_text(written(recorded(), due), encoding="utf-8")
    print("\n".join((*section(), *(line for later in SAMPLES for line in later.section()))))


def judged(mirror: Path, drawn: Path, drawn_from: Path) -> Verdicts:
    """What the rules say today of the resources that a file says were drawn."""
    found: dict[str, tuple[Said, ...]] = {}
    of = repositories(drawn_from)
    for name, (document, addresses) in sample(drawn).items():
        with folder() as place:
            said = ask(document, write(document, of[document.repository], mirror, Path(place)))
        found[name] = tuple(each for each in said if each.address in addresses)
    return found


def repositories(path: Path) -> dict[str, Repository]:
    """The repositories that a sample was drawn from, by their names."""
    with path.open(encoding="utf-8", newline="") as file:
        rows = [{key: row[key] for key in ("name", "commit")} for row in csv.DictReader(file)]
    return {row["name"]: msgspec.convert(row, Repository) for row in rows}


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except InputError as error:
        sys.exit(str(error))
