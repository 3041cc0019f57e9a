"""The guide's eight practices, and what each says of one endpoint: met, not, or unknown.

A practice is *met* only where something shows it. Where nothing does, it is *unknown*, never met; a
finding of one of its rules makes it *not met*.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec
from lichen_policies.gate import Gate
from lichen_policies.model_memory import REDUCED_BITS, bits_of, names_a_smaller_one
from lichen_policies.registry import rules
from lichen_policies.verdict import Verdict

from lichen.figures import many, whole
from lichen.visible import visible
from lichen.workload import Workload
from lichen_practices.watching.deployed import Tagged
from lichen_practices.watching.kinds import EVIDENCE_DAYS
from lichen_practices.watching.moving import BetterPlacement, NotCompared, Workloads
from lichen_practices.watching.notices import Evidence

Met = Literal["met", "not", "unknown"]


class Practice(msgspec.Struct, frozen=True, kw_only=True):
    """One practice: its name, and what to ask where it is not met."""

    key: str
    title: str
    question: str


PRACTICES = (
    Practice(
        key="portable",
        title="No dependence on one vendor",
        question="If this vendor doubled its price, what would it take to run it elsewhere?",
    ),
    Practice(
        key="measured",
        title="Measured before production",
        question="Which measurement says that this machine and this number are right?",
    ),
    Practice(
        key="sized",
        title="No larger than its use",
        question="How many requests a second does it answer in its busiest hour, and on average?",
    ),
    Practice(
        key="prompts",
        title="Lean prompts",
        question="How many tokens does each request send, and which of them are always the same?",
    ),
    Practice(
        key="reduced",
        title="A reduced model",
        question="Which evaluation says that a smaller or a quantised model is not good enough?",
    ),
    Practice(
        key="clean",
        title="A clean region",
        question="What keeps it in this region: data, users, or habit?",
    ),
    Practice(
        key="efficient",
        title="Efficient hardware",
        question="Was an inference chip or an Arm processor tried for it?",
    ),
    Practice(
        key="transparent",
        title="Transparent figures",
        question="Who owns it, and who sees what it costs and emits?",
    ),
)
"""The eight, in the order of the guide."""

_THEMES: Mapping[str, tuple[str, ...]] = {
    "portable": ("portability",),
    "sized": ("size", "idle"),
    "clean": ("region",),
    "efficient": ("hardware",),
}
_RULES: Mapping[str, tuple[str, ...]] = {
    "measured": ("endpoint-without-benchmark",),
    "prompts": ("unbounded-generation",),
    "reduced": ("unreduced-precision", "unreduced-without-evaluation"),
    "transparent": ("undisclosed-endpoint", "unreadable-tag", "region-unresolved"),
}


class PracticeVerdict(msgspec.Struct, frozen=True, kw_only=True):
    """What one practice says of one endpoint. ``rule`` is the rule that finds it not met, if one
    does; ``change`` is what to do where it is not met, with what that saves where it is known."""

    practice: str
    verdict: Met
    because: str
    rule: str = ""
    change: str = ""
    gco2e_month: float | None = None
    usd_month: float | None = None


class Evaluated(msgspec.Struct, frozen=True, kw_only=True):
    """All that the practices look at of one endpoint. ``sized`` says whether sizing could judge
    it, ``findings`` are those of the rules about its resource and those that it names, what is
    exempted and what is unverified among them."""

    running: Tagged
    findings: Sequence[Verdict]
    sized: bool
    better: BetterPlacement | NotCompared | None
    workloads: Workloads
    evidence: Evidence
    gate: Gate


def judge_practices(each: Evaluated) -> tuple[PracticeVerdict, ...]:
    """What the eight practices say of an endpoint."""
    return tuple(_judged(practice.key, each) for practice in PRACTICES)


def _judged(key: str, each: Evaluated) -> PracticeVerdict:
    names = _RULES.get(key, ())
    themes = _THEMES.get(key, ())
    known = rules()
    about = [
        verdict
        for verdict in each.findings
        if verdict.rule in names or (verdict.rule in known and known[verdict.rule].theme in themes)
    ]
    against = [verdict for verdict in about if verdict.verdict == "fail"]
    if against:
        worst = max(against, key=_grams)
        return PracticeVerdict(
            practice=key,
            verdict="not",
            because=(worst.what or worst.message)
            + ("" if worst.exemption is None else f" (exempted until {worst.exemption.expires})"),
            rule=worst.rule,
            change=worst.fix,
            gco2e_month=_grams(worst) or None,
            usd_month=worst.saves.usd_month,
        )
    verdict, because, change = _SHOWN[key](each)
    open_ = next((one for one in about if one.verdict == "unverified"), None)
    if verdict == "met" and open_ is not None:
        return PracticeVerdict(
            practice=key,
            verdict="unknown",
            because=f"{open_.rule} could not judge it: {open_.message}",
            rule=open_.rule,
            change="judge a plan or a preview in which it is known",
        )
    return PracticeVerdict(practice=key, verdict=verdict, because=because, change=change)


def _grams(verdict: Verdict) -> float:
    grams = verdict.saves.gco2e_month
    return 0.0 if grams is None else grams.likely


Shown = tuple[Met, str, str]
_TAG_IT = "add the lichen:* tags of its workload, which the component Endpoint writes"


def _workload(each: Evaluated) -> Workload | None:
    """The workload's file that the endpoint was made from, where it was given."""
    passport = each.running.passport
    found = None if passport is None else each.workloads.by_name.get(passport.workload or "")
    return None if found is None else found[0]


def _portable(each: Evaluated) -> Shown:
    given = _workload(each)
    if given is not None:
        where = given.where
        if len(where.clouds) == 1:
            return "not", f"its workload file allows {where.clouds[0]} alone", (
                "allow more clouds in the workload's where, and compare: lichen place"
            )  # fmt: skip
        return "met", "its workload file places it on any cloud that it allows", ""
    return "unknown", "no workload file says that it could run elsewhere", (
        "write its workload file (lichen init), and compare the clouds: lichen place"
    )  # fmt: skip


def _measured(each: Evaluated) -> Shown:
    passport = each.running.passport
    if passport is None:
        return "unknown", "it declares no model and no measurement", _TAG_IT
    if not passport.evidence:
        return "not", "its tags name no benchmark record", (
            "measure it (lichen bench), and name the record in the workload's evidence"
        )  # fmt: skip
    records = [one for one in map(each.evidence.record, passport.evidence) if one is not None]
    if not records:
        return "unknown", "its benchmark record is not among the records here", (
            "name the records' folder: --records"
        )  # fmt: skip
    running = each.running
    if running.model is None or running.machine is None or passport.precision is None:
        return "unknown", "its model, machine or precision is not known, so no record is its own", (
            _TAG_IT
        )  # fmt: skip
    bare_name = each.gate.catalogue.bare_name
    own = [
        one
        for one in records
        if one.model == running.model
        and one.precision == passport.precision
        and bare_name(one.machine) == running.machine
    ]
    if not own:
        other = records[0]
        return (
            "not",
            (
                f"its benchmark record is of {visible(other.model)} in {other.precision} on "
                f"{visible(other.machine)}"
            ),
            f"measure {running.model} in {passport.precision} on {running.machine}: lichen bench",
        )
    today = each.gate.configuration.today
    ages = [age for one in own if (age := (today - one.measured_on).days) >= 0]
    if not ages:
        return "not", f"its benchmark record is of a day to come, {own[0].measured_on}", (
            "measure again: lichen bench"
        )  # fmt: skip
    if min(ages) > EVIDENCE_DAYS:
        return (
            "not",
            f"its benchmark record is {many(min(ages), 'day')} old",
            "measure again: lichen bench",
        )
    return "met", f"measured {many(min(ages), 'day')} ago", ""


def _sized(each: Evaluated) -> Shown:
    if each.sized:
        return "met", "no rule finds it larger than its declared work needs", ""
    return "unknown", "its tags do not declare a model and a peak rate that sizing can judge", (
        _TAG_IT
    )  # fmt: skip


def _prompts(each: Evaluated) -> Shown:
    given = _workload(each)
    if given is not None:
        budget = given.prompts.budget_tokens
        if budget is not None:
            tokens = given.traffic.input_tokens
            if tokens is not None and tokens > budget:
                return "not", f"{tokens:,} input tokens, above its budget of {budget:,}", (
                    "shorten the prompts: lichen prompts"
                )  # fmt: skip
            return "met", f"its prompts have a budget of {many(budget, 'token')}", ""
        return "not", "its workload file gives its prompts no budget", (
            "count them (lichen prompts), and set prompts.budget_tokens"
        )  # fmt: skip
    return "unknown", "nobody has counted its prompts here", (
        "count them (lichen prompts), and set prompts.budget_tokens in its workload file"
    )  # fmt: skip


def _reduced(each: Evaluated) -> Shown:
    passport = each.running.passport
    if passport is None or passport.precision is None:
        return "unknown", "it does not say in which precision it serves", _TAG_IT
    catalogue, precision = each.gate.catalogue, passport.precision
    bits = bits_of(precision, catalogue)
    if bits < REDUCED_BITS:
        return "met", f"{passport.precision}: {whole(bits)} bits a weight", ""
    if names_a_smaller_one(passport.evaluated, each.running.model, precision, catalogue):
        return "met", f"{passport.precision}, and a smaller one was evaluated", ""
    return "not", f"served in {passport.precision}", (
        "evaluate int8, fp8 or a smaller sibling, and add the precision to the workload"
    )  # fmt: skip


def _clean(each: Evaluated) -> Shown:
    running = each.running
    if running.region is None or running.carbon_class == "unknown":
        return "unknown", "its region's electricity is not known", "say its region"
    if running.agreement == "disputed":
        return "unknown", f"sources disagree about {running.region}", (
            f"read what they say: lichen explain {running.region}"
        )  # fmt: skip
    if running.carbon_class == "low":
        return "met", f"{running.region} is low in carbon ({running.agreement})", ""
    return "not", f"{running.region} is {running.carbon_class} in carbon", (
        "look for a cleaner region: lichen place"
    )  # fmt: skip


def _efficient(each: Evaluated) -> Shown:
    machine = each.gate.catalogue.machines.get(each.running.machine or "")
    if machine is None:
        return "unknown", "its machine is not known here", ""
    chip = each.gate.catalogue.accelerator_of(machine)
    if chip is not None and chip.kind in ("neuron", "tpu"):
        return "met", f"{machine.accelerator}: a chip made for this work", ""
    if chip is None and machine.architecture == "arm64":
        return "met", f"{machine.cpu}: an Arm processor, no accelerator", ""
    if isinstance(each.better, BetterPlacement):
        then = each.better.then
        return "not", f"{then.machine} would do the declared work with less", (
            f"measure the model on {then.machine}"
        )  # fmt: skip
    if each.sized and not isinstance(each.better, NotCompared):
        return "met", "no other machine does the declared work with much less", ""
    return "unknown", "what it does is not declared, so no machine can be compared", _TAG_IT


def _transparent(each: Evaluated) -> Shown:
    running, passport = each.running, each.running.passport
    if passport is None or running.model is None:
        return "unknown", "nothing says which model it serves", _TAG_IT
    missing = [
        name
        for name, value in (("mean-rps", passport.mean_rps), ("precision", passport.precision))
        if value is None
    ]
    if missing:
        return "not", f"its tags leave out {' and '.join(missing)}", (
            f"add the tags {' and '.join(missing)}"
        )  # fmt: skip
    if running.gco2e_month is None or running.usd_month is None:
        return "unknown", "; ".join(running.unknown) or "a figure of it is not known", ""
    return "met", "its model, traffic, place, grams and dollars are all stated", ""


_SHOWN = {
    "portable": _portable,
    "measured": _measured,
    "sized": _sized,
    "prompts": _prompts,
    "reduced": _reduced,
    "clean": _clean,
    "efficient": _efficient,
    "transparent": _transparent,
}
