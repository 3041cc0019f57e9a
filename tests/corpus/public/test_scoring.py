"""Two labellers' lines are read, compared and made one, and every difference has a cause."""

from __future__ import annotations

import math
from pathlib import Path

import msgspec
import pytest
from lichen_policies.registry import rules

from tests.corpus.judged import Said, recorded
from tests.corpus.public.later_samples import SAMPLES
from tests.corpus.public.scoring import (
    LABELS,
    NONE,
    SAMPLE,
    Label,
    Labels,
    Line,
    agreement,
    blocking,
    labels,
    lines,
    merged,
    sample,
    scored,
)
from tests.corpus.public.section import AFTER, BEFORE, section
from tests.corpus.scores import scores, total


def of(**verdicts: Label) -> Labels:
    """What a labeller says of one resource, by rules."""
    found = [
        Line(document="001", resource="a", rule=rule, verdict=verdict, why="as the page says")
        for rule, verdict in verdicts.items()
    ]
    return {line.pair: line for line in found}


FIRST = of(r1="finding", r2="finding", r3="unverified", r4="open", r5="finding", r6="unverified")
SECOND = of(r1="finding", r2="unverified", r3="unverified", r4="finding", r7="unverified")


def test_lines_are_read_and_none_names_no_rule(tmp_path: Path) -> None:
    file = tmp_path / "labels.csv"
    file.write_text(
        "document,resource,rule,verdict,why\n"
        "001,a,idle-chips,finding,one of two is used\n"
        '001,b,none,,"plain, small"\n'
    )
    assert [line.rule for line in lines(file)] == ["idle-chips", NONE]
    assert list(labels(file)) == [("001", ("a", "idle-chips"))]


def test_a_verdict_that_is_none_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "labels.csv"
    file.write_text("document,resource,rule,verdict,why\n001,a,idle-chips,pass,it is right\n")
    with pytest.raises(msgspec.ValidationError, match="verdict"):
        labels(file)


def test_agreement_is_counted_over_what_either_named() -> None:
    found = agreement(FIRST, SECOND)
    assert (found.pairs, found.same) == (7, 2)
    assert found.named("finding") == (3, 2, 1)
    assert found.named("unverified") == (2, 3, 1)
    assert found.named("open") == (1, 0, 0)
    sure = agreement(FIRST, SECOND, without_open=True)
    assert (sure.pairs, sure.same) == (6, 2)


def test_kappa_is_cohen_s() -> None:
    """20 yes, 15 no, 5 and 10 apart: 0.7 agree, 0.5 by chance (Cohen 1960, by hand)."""
    yes: list[Label] = ["finding"]
    no: list[Label] = ["unverified"]
    first, second = yes * 25 + no * 25, yes * 20 + no * 5 + yes * 10 + no * 15
    a, b = (of(**{f"r{n}": label for n, label in enumerate(each)}) for each in (first, second))
    assert agreement(a, b).kappa == pytest.approx(0.4)
    assert math.isnan(agreement(of(r="finding"), of(r="finding")).kappa)


def test_two_labels_become_one() -> None:
    both = merged(FIRST, SECOND, ["001", "002"])
    assert {spot[1]: each.verdict for spot, each in both.due["001"].items()} == {
        "r1": "finding",
        "r2": "unverified",
        "r3": "unverified",
    }
    assert both.due["002"] == {}
    assert both.not_scored == {("001", ("a", "r4"))}
    assert both.decided == {
        "the same by both": 2,
        "finding against unverified, so unverified": 1,
        "finding by one alone, so not deserved": 1,
        "unverified by one alone, so not deserved": 2,
        "open, so not scored": 1,
    }


def test_what_is_open_is_not_scored_and_blocks_are_scored_by_themselves() -> None:
    said = {
        "001": tuple(
            Said(address="a", rule=rule, kind="finding", blocks=blocks, message="as it is")
            for rule, blocks in (("r1", True), ("r4", True), ("r5", True), ("r7", False))
        )
    }
    both = merged(FIRST, SECOND, ["001"])
    left = scored(said, both.not_scored)
    every, blocks = total(scores(left, both.due)), total(scores(blocking(left), both.due))
    assert (every.findings, every.right) == (3, 1)
    assert (blocks.findings, blocks.right, blocks.wrong_blocks) == (2, 1, 1)


FILES = [
    ("first", 150, SAMPLE, LABELS, (BEFORE, AFTER)),
    *(
        (each.name, resources, each.drawn, each.labels, (each.before, each.after))
        for each, resources in zip(SAMPLES, (96, 100, 110, 102, 111, 110), strict=True)
    ),
]
"""Each sample: its name, how many resources were drawn, and its files."""


@pytest.mark.parametrize(
    ("path", "drawn_from", "resources"),
    [
        pytest.param(path, drawn, resources, id=f"{name}, {path.stem}")
        for name, resources, drawn, of_readers, _ in FILES
        for path in of_readers
    ],
)
def test_every_resource_of_a_sample_is_labelled_once_for_a_rule(
    path: Path, drawn_from: Path, resources: int
) -> None:
    drawn = {(name, address) for name, (_, of) in sample(drawn_from).items() for address in of}
    found = lines(path)
    assert {(line.document, line.resource) for line in found} == drawn
    assert len(drawn) == resources
    assert len({line.pair for line in found}) == len(found)
    assert {line.rule for line in found} <= {NONE, *rules()}
    assert all((line.rule == NONE) == (not line.verdict) for line in found)
    assert max(len(line.why) for line in found) < 150


@pytest.mark.parametrize(
    ("path", "drawn_from"),
    [
        pytest.param(path, drawn, id=f"{name}, {path.stem}")
        for name, _, drawn, _, verdicts in FILES
        for path in verdicts
    ],
)
def test_verdicts_are_of_their_sample(path: Path, drawn_from: Path) -> None:
    verdicts, drawn = recorded(path), sample(drawn_from)
    assert {*verdicts} == {*drawn}
    for name, said in verdicts.items():
        assert {each.address for each in said} <= {*drawn[name][1]}


def test_each_wrong_or_missed_finding_has_a_cause() -> None:
    text = "\n".join(section())
    assert "**1 wrong finding**" in text
    assert "Not unseen any more" in text
    second, *others = ("\n".join(each.section()) for each in SAMPLES)
    assert "**2 wrong findings**" in second
    none = "No finding was wrong or missed"
    assert all("wrong finding" in other or none in other for other in others)
