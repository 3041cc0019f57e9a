"""The second sample of public repositories: one reader of the pages, after they were mended."""

from __future__ import annotations

from collections.abc import Iterator

from tests.corpus.judged import recorded
from tests.corpus.public.documents import HERE
from tests.corpus.public.scoring import labels, merged, sample, scored
from tests.corpus.public.section import causes, headline, moved, overall

FOLDER = HERE / "second"
SAMPLE = FOLDER / "sample.csv"
LABELS = FOLDER / "labels.csv"
REPOSITORIES = FOLDER / "repositories.csv"
BEFORE = FOLDER / "verdicts-before.json"
AFTER = FOLDER / "verdicts-after.json"


def section() -> Iterator[str]:
    """The lines."""
    documents, read = sample(SAMPLE), labels(LABELS)
    due = merged(read, read, documents)  # one reader, twice
    before, after = (scored(recorded(path), due.not_scored) for path in (BEFORE, AFTER))
    resources = sum(len(addresses) for _, addresses in documents.values())
    repositories = len({document.repository for document, _ in documents.values()})
    yield "### A second sample, after the pages were mended"
    yield ""
    yield (
        f"{resources} resources of {len(documents)} documents of {repositories} other "
        "repositories, drawn in the same way with another seed. **One reader** labelled them, and "
        "it is who mended the pages and rules for the first sample: the labels were written from "
        "the pages and committed before any rule was asked of these documents, but nobody from "
        "outside wrote them, and no second reader says how sure they are. Most resources are of "
        "modules that are full of variables, of device plugins that deserve nothing, and of "
        "templates of one repository, which resemble each other."
    )
    yield ""
    yield "What the rules said before anything was changed for it:"
    yield ""
    yield from headline(before, due, recorded(BEFORE))
    yield from overall([("before", before, due.due), ("since", after, due.due)])
    yield ""
    yield from moved(before, after, due.due, causes(FOLDER / "causes.csv"))
