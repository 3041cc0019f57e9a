"""The part of docs/precision.md about the sample of public repositories, from files alone."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from lichen.figures import many
from tests.corpus.judged import Verdicts, recorded
from tests.corpus.public.documents import HERE
from tests.corpus.public.scoring import (
    LABELS,
    Agreement,
    Labels,
    Merged,
    Sample,
    agreement,
    blocking,
    labels,
    merged,
    sample,
    scored,
)
from tests.corpus.scores import Disagreement, Due, disagreements, scores, total
from tests.corpus.tables import HEAD, score_row, score_rows, share, table

BEFORE = HERE / "verdicts-before.json"
AFTER = HERE / "verdicts-after.json"
CAUSES = HERE / "causes.csv"

_WRONG, _MISSED = "wrong finding", ("missed", "missed, unverified")
_MOST = 5
_EVERY = "*"
"""In causes.csv: each rule."""

_Row = tuple[str, Verdicts, Due]
"""A row of a table: its name, what is said, and what is deserved."""

Causes = Mapping[tuple[str, str], str]
"""Why a rule is wrong or silent in a document, by the document's number and the rule."""


def causes(path: Path = CAUSES) -> Causes:
    """The causes as somebody found them who read the documents and the rules."""
    with path.open(encoding="utf-8", newline="") as file:
        return {
            (document, row["rule"]): row["cause"]
            for row in csv.DictReader(file)
            for document in row["documents"].split()
        }


def section() -> Iterator[str]:
    """The lines."""
    first, second = map(labels, LABELS)
    documents = sample()
    both = merged(first, second, documents)
    before, after = (scored(recorded(path), both.not_scored) for path in (BEFORE, AFTER))
    yield "## On public repositories"
    yield ""
    yield from _drawn(documents)
    yield from _labelled(first, second, both)
    yield "### What the rules said before anything was changed for this sample"
    yield ""
    yield from headline(before, both, recorded(BEFORE))
    yield from overall(
        [
            ("all rules", before, both.due),
            *_by_format(before, both, documents),
            *labelled_alone(recorded(BEFORE), first, second, documents),
        ]
    )
    yield ""
    yield (
        "The last two rows take one labeller alone, without what that one calls open: the figures "
        "do not depend on how disagreements are decided. The next table has the rules that found "
        "something or should have."
    )
    yield ""
    yield from table(HEAD, score_rows(scores(before, both.due), linked=True))
    yield ""
    yield from _unverified(before, both)
    yield "### Why they were wrong or silent"
    yield ""
    yield from by_cause(disagreements(before, both.due), causes())
    yield "### What they say since"
    yield ""
    yield (
        "**Not unseen any more:** rules and readers were changed for the causes above, with these "
        "documents at hand. The row shows what is repaired and what is not; it says nothing about "
        "documents that nobody has seen. Terraform's language is read by `lichen check` here, and "
        "was read by Checkov before."
    )
    yield ""
    yield from overall([("before", before, both.due), ("since", after, both.due)])
    yield ""
    yield f"Wrong blocks since: {total(scores(after, both.due)).wrong_blocks}. What is left:"
    yield ""
    yield from by_cause(disagreements(after, both.due), causes())


def _drawn(documents: Sample) -> Iterator[str]:
    resources = sum(len(addresses) for _, addresses in documents.values())
    repositories = len({document.repository for document, _ in documents.values()})
    yield (
        f"The stacks above are written by us. So {resources} resources were drawn at random from "
        f"{len(documents)} documents of {repositories} public repositories that no rule had been "
        "tried on. [`sampling.py`](../tests/corpus/public/sampling.py) draws them: words in the "
        "type or the text of a resource make it one of the universe, never a rule or a reader; "
        "every repository and format takes its turn, with at most 8 documents of each and 3 "
        "resources of a document; what a deployer passes beside it, a region and an environment, "
        "is drawn too, and sometimes is nothing."
    )
    yield ""
    yield (
        "Its limits: the repositories were chosen by hand, for they had to be public, and have "
        "machine learning in them; most are examples and modules of vendors, not what a company "
        "deploys. Public modules are full of variables, so much is rightly *unverified*. Resources "
        "of one document, and of one repository, resemble each other, so the intervals are "
        "narrower than they should be. The sample has no stacks of Pulumi."
    )
    yield ""


def _labelled(first: Labels, second: Labels, both: Merged) -> Iterator[str]:
    yield (
        "Two labellers read the pages of the rules, the tables and the vendors' documentation, "
        "and no code, no verdict and not each other. Both belong to this project: they are not a "
        "panel from outside, and where a page misleads, it misleads both."
    )
    yield ""
    yield from agreed(first, second, both)


def agreed(first: Labels, second: Labels, both: Merged) -> Iterator[str]:
    """What two labellers say, how far they agree, and how their labels become one."""
    every = agreement(first, second)
    sure = agreement(first, second, without_open=True)
    rows = [(name, *map(str, every.named(name))) for name in ("finding", "unverified", "open")]
    yield from table(("label", "first", "second", "both"), rows)
    yield ""
    yield (
        f"Of the {every.pairs} pairs of a resource and a rule that either of them named, they "
        f"agree on {_of(every)}, with a kappa (Cohen) of {every.kappa:.2f}. Without the pairs that "
        f"either calls open, which are doubts about a page, they agree on {_of(sure)}, kappa "
        f"{sure.kappa:.2f}. Pairs that neither named are in no figure: with the thousands of those "
        "it would be higher."
    )
    yield ""
    yield (
        "Both labels become one by [rules](../tests/corpus/public/README.md#two-labels-become-one) "
        "that look at the labels alone: "
        + "; ".join(f"{count} {how}" for how, count in both.decided.items())
        + "."
    )
    yield ""


def _of(found: Agreement) -> str:
    return f"{found.same} of {found.pairs} ({found.same / found.pairs:.2f})"


def headline(before: Verdicts, both: Merged, said_first: Verdicts) -> Iterator[str]:
    """The shares of right findings, of found ones and of right blocks; ``said_first`` has what is
    not scored too."""
    every, blocks = total(scores(before, both.due)), total(scores(blocking(before), both.due))
    dropped = [
        said
        for name, each in said_first.items()
        for said in each
        if said.kind == "finding" and (name, said.spot) in both.not_scored
    ]
    yield f"- **Precision {share(every.right, every.findings)}** of {every.findings} findings."
    yield f"- **Recall {share(every.right, every.due)}** of {every.due} deserved findings."
    yield (
        f"- **Blocks: precision {share(blocks.right, blocks.findings)}**: {blocks.wrong} wrong of "
        f"{blocks.findings}. They have no recall: a label does not say whether a finding blocks."
    )
    yield (
        f"- {len(dropped)} more findings, {sum(said.blocks for said in dropped)} of them a block, "
        "are on pairs that a labeller calls open, and are not scored."
    )
    yield ""


def overall(rows: list[_Row]) -> Iterator[str]:
    named = [score_row(name, total(scores(said, due))) for name, said, due in rows]
    yield from table(("what", *HEAD[1:]), named)


def _by_format(before: Verdicts, both: Merged, documents: Sample) -> Iterator[_Row]:
    formats = {"hcl": "Terraform's language", "plan": "Terraform plans"}
    formats |= {"cloudformation": "CloudFormation", "kubernetes": "Kubernetes"}
    for form, name in formats.items():
        numbers = [number for number, (of, _) in documents.items() if of.format == form]
        yield name, before, {number: both.due[number] for number in numbers}


def labelled_alone(
    said: Verdicts, first: Labels, second: Labels, documents: Sample
) -> Iterator[_Row]:
    """The same verdicts against each labeller's own labels, without what that one calls open."""
    for name, of in (("first labeller alone", first), ("second labeller alone", second)):
        alone = merged(of, of, documents)
        yield name, scored(said, alone.not_scored), alone.due


def _unverified(before: Verdicts, both: Merged) -> Iterator[str]:
    of_rules = scores(before, both.due)
    every = total(of_rules)
    needless = {name: of.unverified - of.unverified_right for name, of in of_rules.items()}
    most = sorted(needless, key=lambda name: -needless[name])[:_MOST]
    yield (
        f"*Unverified* was said {every.unverified} times and was right {every.unverified_right} "
        f"times; the labels ask for it {every.unverified_due} times. Neither counts above. It is "
        f"most often needless of {', '.join(f'{name} ({needless[name]})' for name in most)}: the "
        "labellers take a rule for passed, or for none of the resource's, where the rule lacks a "
        "value."
    )
    yield ""


def moved(before: Verdicts, after: Verdicts, due: Due, known: Causes) -> Iterator[str]:
    """How often *unverified* was right, why findings were wrong or missed, and what is left."""
    first, second = (total(scores(said, due)) for said in (before, after))
    were = tuple(by_cause(disagreements(before, due), known))
    why = (
        "Why they were wrong or silent before:" if any(were) else "No finding was wrong or missed."
    )
    yield (
        f"*Unverified* was said {first.unverified} times and was right {first.unverified_right} "
        f"times, and is said {second.unverified} times since, {second.unverified_right} of them "
        f"right; the labels ask for it {first.unverified_due} times. {why}"
    )
    yield ""
    if not any(were):
        return
    yield from were
    left = tuple(by_cause(disagreements(after, due), known))
    yield "What is left since, which is not unseen any more:" if any(left) else "None is left."
    yield ""
    yield from left if any(left) else ()


def by_cause(differences: tuple[Disagreement, ...], known: Causes) -> Iterator[str]:
    """Findings that are wrong or missed, the most frequent cause first; KeyError where a cause is
    not written down."""
    count: Counter[tuple[str, str]] = Counter()
    rules: dict[tuple[str, str], set[str]] = {}
    for each in differences:
        if each.kind in (_WRONG, *_MISSED):
            cause = known.get((each.stack, _EVERY)) or known[each.stack, each.rule]
            kind = _WRONG if each.kind == _WRONG else "missed"
            count[kind, cause] += 1
            rules.setdefault((kind, cause), set()).add(each.rule)
    for (kind, cause), number in sorted(
        count.items(), key=lambda each: (each[0][0] != _WRONG, -each[1])
    ):
        of = rules[kind, cause]
        named = next(iter(of)) if len(of) == 1 else f"{len(of)} rules"
        what = many(number, kind) if kind == _WRONG else f"{number} {kind}"
        yield f"- **{what}**, {named}: {cause}"
    yield ""
