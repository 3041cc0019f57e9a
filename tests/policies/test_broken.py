"""A broken rule or reader is *unverified* at the rule's level, and everything else goes on."""

from __future__ import annotations

import datetime
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from lichen_policies.configuration import Configuration, File, Layer
from lichen_policies.exemptions import ExemptionRow
from lichen_policies.facts import AllMachines, Located, Machines, reading
from lichen_policies.facts.unknown import UNKNOWN
from lichen_policies.gate import Gate
from lichen_policies.judging import judge
from lichen_policies.registry import read_rules, rules
from lichen_policies.rule import Rule
from lichen_policies.timed import Ended, Steps, TookTooLong, run
from lichen_policies.verdict import Report

from lichen.document import InputError
from tests.fixed import fixed
from tests.policies.resources import endpoint_of
from tests.policies.rules_folder import LONG, PAGE

TODAY = datetime.date(2026, 11, 23)
SECRET = "hunter2-in-a-property"
FIVE = endpoint_of({"instanceType": "ml.g6.xlarge", "initialInstanceCount": 5})

BODY = """
import time
from lichen_policies.facts import Serving
from lichen_policies.rule import Change, Finding, Known, Saves, rule


@rule(severity="low", dev="{level}", staging="mandatory", prod="mandatory", theme="serving")
def broken(fact: Serving, known: Known):
{body}
"""

FINDING = 'yield Finding(what="it is", limit="it may not be", {field})'

BROKEN = {
    "raises": ('int("hunter2-in-a-property")\nyield', "failed with ValueError at broken.py:19"),
    "ends the process": ("raise SystemExit(0)\nyield", "failed with SystemExit at broken.py:19"),
    "recurses": ("yield from broken.judge(fact, known)", "failed with RecursionError at"),
    "loops": ("while True: pass\nyield", "took longer than 1 s, at broken.py:19"),
    "sleeps": ("time.sleep(60)\nyield", "took longer than 1 s, at broken.py:19"),
    "never stops finding": (
        "while True: " + FINDING.format(field=""),
        "gave more than 10000 findings",
    ),
    "gives nothing": ("return None", "gave NoneType in place of findings"),
    "gives a number": ("return 4", "gave int in place of findings"),
    "gives text": ('return "it is wrong"', "gave str in place of a finding"),
    "gives a type": ("yield Finding", "gave StructMeta in place of a finding"),
    "says nothing": (
        'yield Finding(what="", limit="x")',
        "gave a finding whose what is empty",
    ),
    "says a number": (
        "yield Finding(what=4, limit='x')",
        "gave a finding whose what is int",
    ),
    "changes nothing that is one": (
        FINDING.format(field="changes=4"),
        "gave a finding whose changes is int",
    ),
    "changes a path that is none": (
        FINDING.format(field="changes=(Change(path=None, to=1),)"),
        "gave a finding whose changes[0].path is NoneType",
    ),
    "changes to an object": (
        FINDING.format(field="changes=(Change(path='a', to={}),)"),
        "gave a finding whose changes[0].to is dict",
    ),
    "saves words": (
        FINDING.format(field="saves=Saves(usd_month='much')"),
        "gave a finding whose saves.usd_month is str",
    ),
    "is about nothing": (
        FINDING.format(field="resource='chat'"),
        "gave a finding whose resource is str",
    ),
}


def broken_rules(folder: Path, body: str, level: str = "mandatory") -> dict[str, Rule]:
    text = PAGE + BODY.format(level=level, body=textwrap.indent(body, "    "))
    (folder / "broken.py").write_text(text)
    (folder / "many_machines.py").write_text(LONG)
    return dict(read_rules(folder))


def report_of(every: dict[str, Rule], *layers: Layer) -> Report:
    return judge([FIVE], Configuration(today=TODAY, rules=every, layers=layers), fixed())


def test_a_rule_that_breaks_where_the_environment_is_not_known_is_named(tmp_path: Path) -> None:
    body = FINDING.format(field="") + '\nint("none")'
    tagged = msgspec.structs.replace(
        FIVE,
        environment=None,
        properties={**FIVE.properties, "tags": UNKNOWN},
    )
    rules = broken_rules(tmp_path, body, "disabled")
    report = judge([tagged], Configuration(today=TODAY, rules=rules), fixed())
    assert [each.rule for each in report.findings] == ["many-machines"]
    assert report.broken == ("broken",)


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_rule_blocks_and_the_others_go_on(tmp_path: Path, name: str) -> None:
    body, wrong = BROKEN[name]
    report = report_of(broken_rules(tmp_path, body))
    assert report.broken == ("broken",)
    (unverified,) = report.unverified
    assert unverified.broken
    assert unverified.level == "mandatory"
    assert unverified.message.startswith(f"cannot be checked: the rule broken {wrong}")
    assert SECRET not in str(report)
    assert "many-machines" in {finding.rule for finding in report.findings}


def test_what_it_found_before_stays_found(tmp_path: Path) -> None:
    body = FINDING.format(field="") + "\nraise ValueError"
    report = report_of(broken_rules(tmp_path, body))
    assert [finding.rule for finding in report.findings] == ["broken", "many-machines"]
    assert report.broken == ("broken",)


def test_a_broken_rule_that_advises_advises(tmp_path: Path) -> None:
    every = broken_rules(tmp_path, BROKEN["raises"][0], level="advisory")
    report = report_of(every)
    assert report.broken == ()
    (unverified,) = report.unverified
    assert (unverified.broken, unverified.level) == (True, "advisory")
    strict = Layer(Path("lichen.yaml"), File(unverified="mandatory"))
    assert report_of(every, strict).broken == ("broken",)


def test_unverified_advice_does_not_open_a_broken_gate(tmp_path: Path) -> None:
    every = broken_rules(tmp_path, BROKEN["raises"][0])
    lax = Layer(Path("lichen.yaml"), File(unverified="disabled"))
    assert report_of(every, lax).broken == ("broken",)


def test_a_rule_that_is_off_or_exempt_is_out_of_it(tmp_path: Path) -> None:
    every = broken_rules(tmp_path, BROKEN["raises"][0])
    off = report_of(every, Layer(Path("lichen.yaml"), File(levels={"broken": "disabled"})))
    assert (off.broken, off.unverified) == ((), ())
    row = ExemptionRow(
        rule="broken",
        resource="chat",
        owner="a",
        reason="b",
        approver="c",
        expires=TODAY,
    )
    exempt = report_of(every, Layer(Path("lichen.yaml"), File(exemptions=(row,))))
    assert (exempt.broken, exempt.unverified) == ((), ())
    (exempted,) = exempt.exempted
    assert (exempted.rule, exempted.broken) == ("broken", True)


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("def broken(:", "importing the rule failed with SyntaxError at broken.py:"),
        ("raise SystemExit(0)", "importing the rule failed with SystemExit at broken.py:"),
        ("while True: pass", "importing the rule took longer than 1 s, at broken.py:"),
    ],
)
def test_a_file_that_does_not_import_is_a_broken_rule(
    tmp_path: Path, text: str, wrong: str
) -> None:
    every = broken_rules(tmp_path, "yield")
    (tmp_path / "broken.py").write_text(f"{PAGE}\n{text}\n")
    every = dict(read_rules(tmp_path))
    assert wrong in every["broken"].mistake
    report = report_of(every)
    assert report.broken == ("broken",)
    assert "many-machines" in {finding.rule for finding in report.findings}


def test_a_host_of_resources_and_stacks_is_told_once_of_a_rule_that_cannot_be_read(
    tmp_path: Path,
) -> None:
    broken_rules(tmp_path, "yield")
    (tmp_path / "broken.py").write_text(f"{PAGE}\nimport os os\n")
    gate = Gate.near(tmp_path, today=TODAY, rules=dict(read_rules(tmp_path)))
    told = [
        *(gate.judge(FIVE, stack_follows=True, with_nothing=False) or ()),
        *gate.judge_stack([FIVE]),
    ]
    assert [each.verdict for each in told if each.rule == "broken"] == ["unverified"]


STACK = """
from lichen_policies.facts import {kind}
from lichen_policies.rule import Finding, Known, Stack, rule


@rule(severity="low", dev="mandatory", staging="mandatory", prod="mandatory", theme="serving")
def {name}(stack: Stack, known: Known):
    for subject in stack.of({kind}):
        yield Finding(what="it is", limit="it may not be", resource=subject.resource)
"""


def with_reader(monkeypatch: pytest.MonkeyPatch, read: Callable[..., Iterator[Any]]) -> None:
    reader = reading.Reader("aws", read, (AllMachines, Located, Machines))
    monkeypatch.setattr(reading, "by_type", lambda: {("pulumi", FIVE.type): reader})


def raises(_properties: object, _context: object) -> Iterator[Any]:
    raise KeyError(SECRET)


def loops(_properties: object, _context: object) -> Iterator[Any]:
    while True:
        pass


@pytest.mark.parametrize(
    ("read", "wrong"),
    [(raises, "the reader failed with KeyError"), (loops, "the reader took longer than 1 s")],
)
def test_a_broken_reader_breaks_the_rules_of_what_it_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, read: Any, wrong: str
) -> None:
    for name, kind in (("machines", "Machines"), ("schedules", "ScalingSchedule")):
        (tmp_path / f"{name}.py").write_text(PAGE + STACK.format(name=name, kind=kind))
    every = {**rules(), **read_rules(tmp_path)}
    with_reader(monkeypatch, read)
    report = judge([FIVE], Configuration(today=TODAY, rules=every), fixed())
    assert SECRET not in str(report)
    by_rule = {verdict.rule: verdict for verdict in report.unverified}
    assert wrong in by_rule["too-many-accelerators"].message
    assert {"machines", "too-many-accelerators"} <= set(report.broken)
    assert by_rule["dirty-region"].level == "advisory"  # in dev, as its findings are
    assert "oversized-endpoint" not in by_rule  # it judges what this reader does not read
    assert "schedules" not in by_rule


def test_a_reader_that_does_not_import_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody knows which resources it would read: nothing can be judged without it."""
    (tmp_path / "lamp.py").write_text("import nothing_of_this_name\n")
    monkeypatch.setattr(reading.readers, "__path__", [str(tmp_path)])
    reading.by_type.cache_clear()
    try:
        with pytest.raises(
            InputError, match=r"^lamp\.py: importing the reader failed with ModuleNotFoundError"
        ):
            Gate.near(tmp_path, today=TODAY).report([FIVE])
    finally:
        reading.by_type.cache_clear()


# --- the limit of time by itself ---


def steps(*calls: Callable[[], object]) -> Steps[list[object]]:
    answers = yield calls, 0.2
    return [type(each) if isinstance(each, Exception) else each for each in answers]


def stays() -> None:
    while True:
        try:
            while True:
                pass
        except BaseException:
            pass


def test_each_call_ends_and_the_next_goes_on() -> None:
    def leaves() -> None:
        sys.exit()

    found = run(steps(lambda: 1, lambda: time.sleep(60), lambda: 2, leaves, lambda: 1 / 0, stays))
    assert found == [1, TookTooLong, 2, Ended, ZeroDivisionError, TookTooLong]


def test_what_the_steps_themselves_raise_reaches_the_caller() -> None:
    def wrong() -> Steps[None]:
        yield [lambda: None], 1.0
        raise InputError("the table is cut short")

    with pytest.raises(InputError, match="cut short"):
        run(wrong())


def test_steps_may_be_made_within_steps() -> None:
    assert run(steps(lambda: run(steps(lambda: 4)))) == [[4]]


STUCK = """
from lichen_policies import timed
timed.STUCK_S = 0.5
timed.end_where_stuck()
def steps():
    yield [lambda: sum(range(10**13))], 0.1
timed.run(steps())
"""


@pytest.mark.skipif(sys.platform == "win32", reason="no alarms there")
def test_a_call_in_c_that_never_ends_ends_the_process() -> None:
    done = subprocess.run(
        [sys.executable, "-c", STUCK], capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode != 0
    assert '"<string>", line 6 in <lambda>' in done.stderr
