"""The later samples of public repositories, each drawn after what the one before it showed was
mended."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec

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

READERS = ("labels-a.csv", "labels-b.csv")
"""What two readers say, each in a file of its own."""


class LaterSample(msgspec.Struct, frozen=True, kw_only=True):
    """A sample in a folder of its own: what drawing and labelling wrote there, and what its section
    of docs/precision.md says of how it was made."""

    name: str
    heading: str
    how: str
    readers: tuple[str, ...] = READERS

    @property
    def drawn(self) -> Path:
        return HERE / self.name / "sample.csv"

    @property
    def repositories(self) -> Path:
        return HERE / self.name / "repositories.csv"

    @property
    def labels(self) -> tuple[Path, ...]:
        return tuple(HERE / self.name / reader for reader in self.readers)

    @property
    def before(self) -> Path:
        return HERE / self.name / "verdicts-before.json"

    @property
    def after(self) -> Path:
        return HERE / self.name / "verdicts-after.json"

    def section(self) -> Iterator[str]:
        """The lines of docs/precision.md."""
        documents = sample(self.drawn)
        first, second = map(labels, (self.labels[0], self.labels[-1]))
        both, said = merged(first, second, documents), recorded(self.before)
        before, after = (scored(recorded(of), both.not_scored) for of in (self.before, self.after))
        resources = sum(len(addresses) for _, addresses in documents.values())
        repositories = len({document.repository for document, _ in documents.values()})
        yield f"### {self.heading}"
        yield ""
        yield (
            f"{resources} resources of {len(documents)} documents of {repositories} other "
            f"repositories, {self.how}"
        )
        yield ""
        alone = []
        if len(self.labels) > 1:
            yield from agreed(first, second, both)
            alone = [*labelled_alone(said, first, second, documents)]
        yield "What the rules said before anything was changed for it:"
        yield ""
        yield from headline(before, both, said)
        yield from overall([("before", before, both.due), *alone, ("since", after, both.due)])
        yield ""
        yield from moved(before, after, both.due, causes(HERE / self.name / "causes.csv"))


SAMPLES = (
    LaterSample(
        name="second",
        heading="A second sample, after the pages were mended",
        how=(
            "drawn in the same way with another seed. **One reader** labelled them, and "
            "it is who mended the pages and rules for the first sample: the labels were written "
            "from the pages and committed before any rule was asked of these documents, but nobody "
            "from outside wrote them, and no second reader says how sure they are. Most resources "
            "are of modules that are full of variables, of device plugins that deserve nothing, "
            "and of templates of one repository, which resemble each other."
        ),
        readers=("labels.csv",),
    ),
    LaterSample(
        name="third",
        heading="A third sample, with two new readers",
        how=(
            "drawn in the same way with a third seed after pages and rules were mended for the "
            "second sample. **Two readers** labelled them who had seen no code, no case and no "
            "verdict. They belong to this project as well. Rules that are younger than the labels "
            "(unreduced-without-evaluation) were not on their pages."
        ),
    ),
    LaterSample(
        name="fourth",
        heading="A fourth sample",
        how=(
            "drawn in the same way with a fourth seed after pages and rules were mended for the "
            "third sample. **Two readers** labelled them who had seen no code, no case and no "
            "verdict, and not the labels of other samples. They belong to this project as well."
        ),
    ),
    LaterSample(
        name="fifth",
        heading="A fifth sample",
        how=(
            "of those that the fourth draw passed over, drawn with a fifth seed and labelled from "
            "the pages as they were mended for the fourth, by **two readers** again who had seen "
            "no code, no case, no verdict and no other labels. They belong to this project as well."
        ),
    ),
    LaterSample(
        name="sixth",
        heading="A sixth sample",
        how=(
            "drawn with a sixth seed of repositories that were in no sample before, after pages "
            "and rules were mended for the fifth. **Two readers** labelled them again who had seen "
            "no code, no case, no verdict and no other labels. They belong to this project as "
            "well. What the rules say was recorded before anybody labelled."
        ),
    ),
    LaterSample(
        name="seventh",
        heading="A seventh sample",
        how=(
            "of those that the sixth draw passed over, drawn with a seventh seed after two causes "
            "of the sixth were mended. **Two readers** labelled them again who had seen no code, "
            "no case, no verdict and no other labels. They belong to this project as well. What "
            "the rules say was recorded before anybody labelled. That all agree on every finding "
            "is luck too: most of these documents are manifests of Kubernetes, of which several "
            "resemble each other, and the next sample will have errors again."
        ),
    ),
)
