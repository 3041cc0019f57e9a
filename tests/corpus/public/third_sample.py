"""The third sample of public repositories: two readers of the pages alone."""

from __future__ import annotations

from collections.abc import Iterator

from tests.corpus.judged import recorded
from tests.corpus.public.documents import HERE
from tests.corpus.public.scoring import labels, merged, sample, scored
from tests.corpus.public.section import (
    agreed,
    causes,
    headline,
    labelled_alone,
    moved,
    overall,
)

FOLDER = HERE / "third"
SAMPLE = FOLDER / "sample.csv"
LABELS = (FOLDER / "labels-a.csv", FOLDER / "labels-b.csv")
REPOSITORIES = FOLDER / "repositories.csv"
BEFORE = FOLDER / "verdicts-before.json"
AFTER = FOLDER / "verdicts-after.json"


def section() -> Iterator[str]:
    """The lines."""
    first, second = map(labels, LABELS)
    documents = sample(SAMPLE)
    both = merged(first, second, documents)
    said = recorded(BEFORE)
    before, after = (scored(recorded(path), both.not_scored) for path in (BEFORE, AFTER))
    resources = sum(len(addresses) for _, addresses in documents.values())
    repositories = len({document.repository for document, _ in documents.values()})
    yield "### A third sample, with two new readers"
    yield ""
    yield (
        f"{resources} resources of {len(documents)} documents of {repositories} other "
        "repositories, drawn in the same way with a third seed after pages and rules were mended "
        "for the second sample. **Two readers** labelled them who had seen no code, no case and no "
        "verdict. They belong to this project as well. Rules that are younger than the labels "
        "(unreduced-without-evaluation) were not on their pages."
    )
    yield ""
    yield from agreed(first, second, both)
    yield "What the rules said before anything was changed for it:"
    yield ""
    yield from headline(before, both, said)
    alone = labelled_alone(said, first, second, documents)
    yield from overall([("before", before, both.due), *alone, ("since", after, both.due)])
    yield ""
    yield from moved(before, after, both.due, causes(FOLDER / "causes.csv"))
