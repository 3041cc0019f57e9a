"""docs/precision.md, and the same figures on the screen: from labels and recorded verdicts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from tests.corpus.judged import TODAY, Verdicts
from tests.corpus.public.later_samples import SAMPLES
from tests.corpus.public.section import section
from tests.corpus.scores import Disagreement, Due, Score, disagreements, scores, total
from tests.corpus.stacks import resources
from tests.corpus.tables import HEAD, score_row, score_rows, share, table

DOCUMENT = Path(__file__).parents[2] / "docs" / "precision.md"

_UNVERIFIED = ("rule", "said", "right", "needless", "missed")


def written(verdicts: Verdicts, due: Due) -> str:
    """The document."""
    of_rules, differences = scores(verdicts, due), disagreements(verdicts, due)
    return "\n".join(
        [
            *_introduction(of_rules, due),
            *_rules(of_rules),
            *_unverified(of_rules),
            *_differences(differences),
            *section(),
            *(line for later in SAMPLES for line in later.section()),
            *_made(),
            "",
        ]
    )


def printed(verdicts: Verdicts, due: Due) -> str:
    """The figures for a terminal: one line a rule, all together, and each disagreement."""
    of_rules = scores(verdicts, due)
    rows = [HEAD, *score_rows(of_rules), score_row("all rules", total(of_rules))]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEAD))]
    lines = [
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    ]
    for each in disagreements(verdicts, due):
        lines += ["", f"{each.kind}: {each.rule}", f"  {each.stack}: {_where(each)}"]
        lines += [f"  {line}" for line in _reasons(each)]
    return "\n".join(lines)


def _introduction(of_rules: Mapping[str, Score], due: Due) -> Iterator[str]:
    all_rules = total(of_rules)
    count = sum(len(resources(stack)) for stack in due)
    yield "# Precision and recall of the rules"
    yield ""
    yield "<!-- Written by `make precision` from tests/corpus; do not edit. -->"
    yield ""
    yield (
        f"{len(due)} stacks and manifests with {count:,} resources were written for this, in the "
        "manner of public examples and of platform teams' modules. People who read the "
        "[pages of the rules](rules/README.md), and not their code, labelled what each resource "
        "deserves. This page compares that with what `lichen check` says."
    )
    yield ""
    yield (
        f"- **Precision {share(all_rules.right, all_rules.findings)}**: of the findings, so many "
        "are deserved."
    )
    yield (
        f"- **Recall {share(all_rules.right, all_rules.due)}**: of the deserved findings, so many "
        "are found."
    )
    yield (
        f"- **Wrong blocks: {all_rules.wrong_blocks}**: findings that block a deployment and are "
        "not deserved."
    )
    yield ""
    yield (
        "A pair of a resource and a rule counts once. The brackets hold the 95 % interval by "
        "Wilson: with few cases it is wide, and a rule with three right findings of three may be "
        "wrong in every second case that is not here."
    )
    yield ""


def _rules(of_rules: Mapping[str, Score]) -> Iterator[str]:
    yield "## Rule by rule"
    yield ""
    yield from table(
        HEAD, [*score_rows(of_rules, linked=True), score_row("all rules", total(of_rules))]
    )
    yield ""
    yield "A rule that is not in the table was neither found nor deserved in any stack."
    yield ""


def _unverified(of_rules: Mapping[str, Score]) -> Iterator[str]:
    yield "## Unverified"
    yield ""
    yield (
        "*Unverified* is right where the document does not say yet what the rule needs. It is "
        "needless where the document does say it, and missed where the rule passes or is silent "
        "though nobody can know. None of these count above."
    )
    yield ""
    rows: list[tuple[str, ...]] = [
        (
            name,
            f"{score.unverified}",
            f"{score.unverified_right}",
            f"{score.unverified - score.unverified_right}",
            f"{score.unverified_due - score.unverified_right}",
        )
        for name, score in [*of_rules.items(), ("all rules", total(of_rules))]
        if score.unverified or score.unverified_due
    ]
    yield from table(_UNVERIFIED, rows)
    yield ""


def _differences(differences: tuple[Disagreement, ...]) -> Iterator[str]:
    yield "## Where rules and labels differ"
    yield ""
    if not differences:
        yield "Nowhere."
        yield ""
        return
    for each in differences:
        yield f"- **{each.kind}**, {each.rule}: {each.stack}, `{_where(each)}`"
        for line in _reasons(each):
            yield f"  - {line}"
    yield ""


def _made() -> Iterator[str]:
    yield "## How it is made"
    yield ""
    yield (
        "Each file of `tests/corpus/stacks/` is one deployment: a Terraform plan or state, a "
        "CloudFormation template, a Pulumi preview or state, or Kubernetes manifests. "
        "`tests/corpus/given.yaml` has what the deployer passes beside it (region, environment, "
        "parameters). `tests/corpus/labels/` has the labels; its README says how to decide. Who "
        "wrote the stacks read no rule's code, and who labelled them read the pages alone."
    )
    yield ""
    yield (
        f"`make precision` judges every stack with the installed tables as on {TODAY}, records the "
        "verdicts in `tests/corpus/verdicts.json` and writes this page. Where rule and label "
        "differ, change the rule, or the label if the page says otherwise; never a stack. A "
        "refresh of the tables may move a verdict: run it again and read what moved."
    )
    yield ""
    yield (
        "To add a stack: put the document into `tests/corpus/stacks/`, what is passed beside it "
        "into `given.yaml`, have somebody label it who did not write the rule, and run "
        "`make precision`."
    )


def _where(each: Disagreement) -> str:
    """A resource without the part of a URN that all of its stack share."""
    return "::".join(each.address.split("::")[2:]) or each.address or "the whole stack"


def _reasons(each: Disagreement) -> Iterator[str]:
    if each.deserved is not None:
        yield f"label: {each.deserved.verdict}: {each.deserved.why}"
    if each.said is not None:
        blocks = ", blocks" if each.said.blocks else ""
        yield f"rule: {each.said.kind}{blocks}: {each.said.message}"
