"""``python -m tests.corpus.public``: write docs/precision.md anew from what is recorded.

``python -m tests.corpus.public judge FOLDER`` asks the rules of today before it, of the documents
in a folder of clones, and records what they say as verdicts-after.json.
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
from tests.corpus.public.scoring import sample
from tests.corpus.public.section import AFTER, section
from tests.corpus.stacks import stacks


def main(arguments: list[str]) -> None:
    match arguments:
        case ["judge", mirror]:
            record(judged(Path(mirror)), AFTER)
        case []:
            pass
        case _:
            sys.exit(__doc__)
    due = {stack: labels_of(stack) for stack in stacks()}
    DOCUMENT.write_text(written(recorded(), due), encoding="utf-8")
    print("\n".join(section()))


def judged(mirror: Path) -> Verdicts:
    """What the rules say today of the resources that were drawn."""
    found: dict[str, tuple[Said, ...]] = {}
    of = repositories()
    for name, (document, addresses) in sample().items():
        with folder() as place:
            said = ask(document, write(document, of[document.repository], mirror, Path(place)))
        found[name] = tuple(each for each in said if each.address in addresses)
    return found


def repositories() -> dict[str, Repository]:
    """The repositories that the sample was drawn from, by their names."""
    with (HERE / "repositories.csv").open(encoding="utf-8", newline="") as file:
        rows = [{key: row[key] for key in ("name", "commit")} for row in csv.DictReader(file)]
    return {row["name"]: msgspec.convert(row, Repository) for row in rows}


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except InputError as error:
        sys.exit(str(error))
