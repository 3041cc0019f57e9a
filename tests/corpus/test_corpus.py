"""The corpus can be read, its labels are well formed, its figures are right, and the rules are no
worse than docs/precision.md says."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest

from lichen.document import InputError
from tests.corpus import labels as labels_module
from tests.corpus import stacks as stacks_module
from tests.corpus.document import DOCUMENT, printed, written
from tests.corpus.judged import TODAY, Said, ask, ask_all, record, recorded
from tests.corpus.labels import (
    LABELS,
    Deserved,
    address_of,
    labelled,
    labels_of,
    unlabelled,
)
from tests.corpus.scores import Score, disagreements, scores, total, wilson
from tests.corpus.stacks import given_to, path_of, resources, stacks

STACK = "k8s-vllm-chat"
SERVER = "assistant/Deployment/vllm-llama-8b"
ONE = "{rule: idle-chips, why: one of two is used}"


@pytest.fixture
def labels_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of labels of its own."""
    monkeypatch.setattr(labels_module, "LABELS", tmp_path)
    return tmp_path


def write(folder: Path, resources: str, stack: str = STACK) -> None:
    (folder / f"{stack}.yaml").write_text(f"labelled: 2026-11-26\nresources:\n{resources}")


@pytest.mark.parametrize("stack", stacks())
def test_a_stack_has_resources_with_addresses_of_their_own(stack: str) -> None:
    addresses = [resource.address for resource in resources(stack)]
    assert len(addresses) >= 2
    assert len(set(addresses)) == len(addresses)


def test_there_are_eighty_stacks() -> None:
    assert len(stacks()) == 80


def test_there_is_every_dialect_and_every_cloud() -> None:
    found = [resource for stack in stacks() for resource in resources(stack)]
    assert {one.dialect for one in found} == {
        "pulumi",
        "terraform",
        "cloudformation",
        "kubernetes",
    }
    types = {one.type.split("_")[0].split(":")[0] for one in found}
    assert types >= {"aws", "google", "azurerm", "gcp", "aws-native", "azure-native", "AWS"}


def test_what_is_given_belongs_to_a_stack() -> None:
    assert given_to("cfn-shadow-test").region == "eu-west-2"
    assert given_to(STACK) == stacks_module.Given()


def test_labels_name_rules_and_resources_that_exist() -> None:
    for stack in labelled():
        for (address, rule), deserved in labels_of(stack).items():
            assert rule == deserved.rule
            assert not address or address in {one.address for one in resources(stack)}


def test_labels_are_read(labels_in: Path) -> None:
    write(labels_in, f"  {SERVER}: [{{rule: idle-chips, why: one of two is used}}]\n")
    (found,) = labels_of(STACK).items()
    why = "one of two is used"
    assert found == ((SERVER, "idle-chips"), Deserved(rule="idle-chips", why=why))
    assert labelled() == (STACK,)
    assert STACK not in unlabelled()


@pytest.mark.parametrize(
    ("resources", "wrong"),
    [
        (
            f"  {SERVER}: [{{rule: idle-chip, why: one of two is used}}]",
            "'idle-chip' is not a rule",
        ),
        ("  assistant/Deployment/no: [{rule: idle-chips, why: one of two is used}]", "an address"),
        (f"  {SERVER}: [{{rule: idle-chips, why: so}}]", "why"),
        (f"  {SERVER}: [{{rule: idle-chips, why: one of two is used, verdict: pass}}]", "verdict"),
        (f"  {SERVER}: []", "resources"),
        (
            f"  {SERVER}: [{ONE}, {ONE}]",
            "idle-chips is listed twice",
        ),
    ],
)
def test_wrong_labels_are_refused(labels_in: Path, resources: str, wrong: str) -> None:
    write(labels_in, resources)
    with pytest.raises(InputError, match=wrong) as refused:
        labels_of(STACK)
    assert f"{STACK}.yaml" in str(refused.value)


def test_a_stack_without_labels_is_refused(labels_in: Path) -> None:
    assert unlabelled() == tuple(stacks())
    with pytest.raises(InputError, match="is not labelled"):
        labels_of(STACK)


def test_labels_of_no_stack_are_refused(labels_in: Path) -> None:
    write(labels_in, "  {}", stack="no-such-stack")
    with pytest.raises(InputError, match="'no-such-stack' is not a stack of the corpus"):
        labelled()


def test_the_end_of_a_urn_is_enough_if_it_is_the_only_one() -> None:
    stack, end = "pulumi-aws-foundation", "aws:ec2/instance:Instance::trainer"
    assert address_of(stack, end) == f"urn:pulumi:prod::foundation::{end}"
    with pytest.raises(InputError, match="2 addresses end so"):
        address_of("pulumi-kubernetes-karpenter-dev", "worker")


def said(rule: str, kind: labels_module.Kind = "finding", address: str = "a") -> Said:
    return Said(address=address, rule=rule, kind=kind, message="as it is", blocks=True)


def due(rule: str, verdict: labels_module.Kind = "finding", address: str = "a") -> Deserved:
    return Deserved(rule=rule, verdict=verdict, why="as the page says")


def test_each_pair_of_resource_and_rule_counts_once() -> None:
    verdicts = {
        "s": (
            said("right"),
            said("wrong"),
            said("sure", "unverified"),
            said("open", "unverified"),
            said("hasty"),
            said("needless", "unverified"),
        )
    }
    deserved = {
        "s": {
            ("a", each.rule): each
            for each in (
                due("right"),
                due("missed"),
                due("sure"),
                due("open", "unverified"),
                due("hasty", "unverified"),
                due("silent", "unverified"),
            )
        }
    }
    of_rules = scores(verdicts, deserved)
    assert of_rules["right"] == Score(findings=1, due=1, right=1)
    assert of_rules["wrong"] == Score(findings=1, wrong_blocks=1)
    assert of_rules["missed"] == Score(due=1)
    assert of_rules["sure"] == Score(due=1, unverified=1)
    assert of_rules["open"] == Score(unverified=1, unverified_due=1, unverified_right=1)
    assert of_rules["hasty"] == Score(findings=1, unverified_due=1, wrong_blocks=1)
    every = total(of_rules)
    assert (every.findings, every.due, every.right) == (3, 3, 1)
    assert (every.precision, every.recall) == (1 / 3, 1 / 3)
    assert (every.wrong, every.missed) == (2, 2)
    kinds = {each.rule: each.kind for each in disagreements(verdicts, deserved)}
    assert kinds == {
        "wrong": "wrong finding",
        "missed": "missed",
        "sure": "missed, unverified",
        "hasty": "wrong finding",
        "needless": "needless unverified",
        "silent": "missed unverified",
    }


def test_a_stack_that_is_not_compared_does_not_count() -> None:
    verdicts = {"s": (said("right"),), "other": (said("wrong"),)}
    assert list(scores(verdicts, {"s": {}})) == ["right"]


@pytest.mark.parametrize(
    ("right", "of", "low", "high"),
    # Brown, Cai and DasGupta, "Interval Estimation for a Binomial Proportion" (2001), formula 4,
    # computed by hand.
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (81, 263, 0.2553, 0.3662), (0, 0, 0.0, 1.0)],
)
def test_the_interval_is_wilson_s(right: int, of: int, low: float, high: float) -> None:
    assert wilson(right, of) == pytest.approx((low, high), abs=5e-5)


def test_a_resource_has_one_verdict_of_a_rule() -> None:
    found = [each.spot for each in ask("cfn-sagemaker-overprovisioned")]
    assert found
    assert len(set(found)) == len(found)


def test_verdicts_are_recorded_and_read_back(tmp_path: Path) -> None:
    verdicts = {"s": (said("right"), said("open", "unverified", ""))}
    record(verdicts, tmp_path / "verdicts.json")
    assert recorded(tmp_path / "verdicts.json") == verdicts
    assert recorded(tmp_path / "none.json") == {}


def test_what_is_printed_names_stack_resource_rule_and_both_reasons() -> None:
    verdicts = {STACK: (said("idle-chips", address=SERVER),)}
    spot = (SERVER, "unbounded-generation")
    text = printed(verdicts, {STACK: {spot: due("unbounded-generation")}})
    assert "wrong finding: idle-chips" in text
    assert "missed: unbounded-generation" in text
    assert f"{STACK}: {SERVER}" in text
    assert "rule: finding, blocks: as it is" in text
    assert "label: finding: as the page says" in text


def test_the_document_shows_the_labels_and_the_recorded_verdicts() -> None:
    """`make precision` writes both; while a stack is unlabelled there is nothing to publish."""
    assert DOCUMENT.exists() == (not unlabelled())
    if DOCUMENT.exists():
        deserved = {stack: labels_of(stack) for stack in stacks()}
        assert DOCUMENT.read_text(encoding="utf-8") == written(recorded(), deserved)


def test_the_rules_are_no_worse_than_published() -> None:
    """Judged anew, with the tables that are installed. A rule that is new has no figure yet."""
    names = labelled()
    deserved = {stack: labels_of(stack) for stack in names}
    published = scores({name: recorded().get(name, ()) for name in names}, deserved)
    now = scores(ask_all(names), deserved)
    worse = [
        rule
        for rule, before in published.items()
        if (now.get(rule, Score()).right < before.right)
        or (now.get(rule, Score()).wrong > before.wrong)
    ]
    assert not worse, "run make precision and read what moved"


def test_the_corpus_is_judged_on_a_day_of_its_own() -> None:
    assert datetime.date(2026, 11, 26) == TODAY


def test_files_lie_where_they_are_looked_for() -> None:
    assert path_of(STACK).parent == stacks_module.STACKS
    assert LABELS.parent == stacks_module.HERE
