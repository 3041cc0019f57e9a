"""lichen.yaml: found upwards, moved limits and levels, and every mistake answered."""

from __future__ import annotations

import datetime
from pathlib import Path

import pytest
from lichen_policies.configuration import Configuration, find, read
from lichen_policies.registry import rules

from lichen.document import InputError

TODAY = datetime.date(2026, 11, 23)
DIRTY = rules()["dirty-region"]
MANY = rules()["too-many-accelerators"]


def configured(tmp_path: Path, text: str) -> Configuration:
    path = tmp_path / "lichen.yaml"
    path.write_text(text)
    return read(path, today=TODAY)


def test_the_nearest_file_upwards(tmp_path: Path) -> None:
    deep = tmp_path / "stacks" / "chat"
    deep.mkdir(parents=True)
    (tmp_path / "lichen.yaml").write_text("")
    assert find(deep) == tmp_path / "lichen.yaml"
    (deep / "plan.json").write_text("{}")
    assert find(deep / "plan.json") == tmp_path / "lichen.yaml"
    (deep / "lichen.yaml").write_text("")
    assert find(deep) == deep / "lichen.yaml"


def test_without_a_file_or_with_an_empty_one_rules_stand_at_their_defaults(tmp_path: Path) -> None:
    for configuration in (read(None, today=TODAY), configured(tmp_path, "")):
        assert configuration.level(DIRTY, "prod") == "mandatory"
        assert configuration.level(DIRTY, "dev") == "advisory"
        assert configuration.limits(MANY, "dev").chips == 2  # type: ignore[attr-defined]
        assert configuration.limits(MANY, "prod").chips == 8  # type: ignore[attr-defined]


def test_an_environment_that_nobody_states_is_production() -> None:
    configuration = read(None, today=TODAY)
    assert configuration.level(DIRTY, None) == configuration.level(DIRTY, "prod")
    assert configuration.limits(MANY, None) == configuration.limits(MANY, "prod")


def test_limits_move_everywhere_or_in_one_environment(tmp_path: Path) -> None:
    text = "limits: {too-many-accelerators: {chips: 6, prod: {chips: 32}}}"
    configuration = configured(tmp_path, text)
    chips = [configuration.limits(MANY, env).chips for env in ("dev", "staging", "prod")]  # type: ignore[attr-defined,arg-type]
    assert chips == [6, 6, 32]


def test_a_door_s_limits_and_levels_go_before_the_file_s(tmp_path: Path) -> None:
    text = "limits: {too-many-accelerators: {prod: {chips: 32}}}\nlevels: {dirty-region: advisory}"
    moved = configured(tmp_path, text).moved_by_door(
        levels={"dirty-region": "disabled"}, limits={"too-many-accelerators": {"chips": 1}}
    )
    assert moved.limits(MANY, "prod").chips == 1  # type: ignore[attr-defined]
    assert moved.level(DIRTY, "prod") == "disabled"


@pytest.mark.parametrize(
    ("level", "environment", "does"),
    [
        ("disabled", "prod", "disabled"),
        ("{dev: mandatory}", "dev", "mandatory"),
        ("{dev: mandatory}", "prod", "mandatory"),
        ("{prod: advisory}", "prod", "advisory"),
        ("{prod: advisory, mandatory_from: 2026-11-24}", "prod", "advisory"),
        ("{prod: advisory, mandatory_from: 2026-11-23}", "prod", "mandatory"),
        ("{mandatory_from: 2026-11-23}", "dev", "mandatory"),
        ("{dev: disabled, mandatory_from: 2026-11-23}", "dev", "disabled"),
    ],
)
def test_levels(tmp_path: Path, level: str, environment: str, does: str) -> None:
    configuration = configured(tmp_path, f"levels: {{dirty-region: {level}}}")
    assert configuration.level(DIRTY, environment) == does  # type: ignore[arg-type]


def test_unverified_by_environment(tmp_path: Path) -> None:
    configuration = configured(tmp_path, "unverified: {prod: mandatory}")
    assert configuration.unverified_level("prod") == "mandatory"
    assert configuration.unverified_level(None) == "mandatory"
    assert configuration.unverified_level("dev") == "advisory"


EXEMPTION = "{rule: %s, resource: x, owner: a, reason: b, approver: c, expires: %s}"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("limit: {}", "limit: 'limit' is not a field. Fix: did you mean 'limits'?"),
        (
            "limits: {dirty-regoin: {}}",
            "limits.dirty-regoin: 'dirty-regoin' is not a rule. Fix: did you mean 'dirty-region'?",
        ),
        (
            "limits: {dirty-region: {high_min_gco2_kwh: 1}}",
            "limits.dirty-region.high_min_gco2_kwh: 'high_min_gco2_kwh' is not a field. "
            "Fix: did you mean 'high_min_gco2e_kwh'?",
        ),
        (
            "limits: {too-many-accelerators: {prod: {chip: 4}}}",
            "limits.too-many-accelerators.prod.chip: 'chip' is not a field. "
            "Fix: did you mean 'chips'?",
        ),
        ("limits: {too-many-accelerators: {chips: many}}", "limits.too-many-accelerators.chips"),
        ("limits: {too-many-accelerators: {chips: -1}}", "limits.too-many-accelerators.chips: -1"),
        ("limits: {too-many-accelerators: {dev: 3}}", "limits.too-many-accelerators.dev: 3"),
        (
            "limits: {dirty-region: {low_max_gco2e_kwh: 900}}",
            "low_max_gco2e_kwh is above high_min_gco2e_kwh",
        ),
        (
            "levels: {dirty-region: mandatry}",
            "levels.dirty-region: 'mandatry' is not a valid value. Fix: did you mean 'mandatory'?",
        ),
        (
            "levels: {idle-floor: disabled, dirty-region: {prod: mandatry}}",
            "levels.dirty-region.prod: 'mandatry' is not a valid value. "
            "Fix: did you mean 'mandatory'?",
        ),
        ("levels: {dirty-region: 3}", "levels.dirty-region: 3 is not"),
        (
            "unverified: mandatry",
            "unverified: 'mandatry' is not a valid value. Fix: did you mean 'mandatory'?",
        ),
        (
            "unverified: {prod: advisry}",
            "unverified.prod: 'advisry' is not a valid value. Fix: did you mean 'advisory'?",
        ),
        (
            "regions: [eu-west-1, eu-nort-1]",
            "regions[1]: 'eu-nort-1' is not a region. Fix: did you mean 'eu-north-1'?",
        ),
        (
            "limits: {}\nlevels: {}\nlimits: {}",
            "limits: is there twice, the second time in line 3. Fix: write it once.",
        ),
        ("levels: {dirty-region: {dev: disabled, dev: mandatory}}", "dev: is there twice"),
        ("limits: " + "[" * 2000, "is nested too deeply to read. Fix: write it flat."),
        ("levels: {dirty: advisory}", "levels.dirty: 'dirty' is not a rule"),
        ("levels: {dirty-region: {live: advisory}}", "'live' is not a field"),
        ("clouds: [amazon]", "'amazon' is not a valid value"),
        (f"exemptions: [{EXEMPTION % ('idle-flor', '2027-01-01')}]", "exemptions[0].rule"),
        (f"exemptions: [{EXEMPTION % ('idle-floor', 'soon')}]", "exemptions[0].expires: 'soon' is"),
        (
            f"exemptions: [{EXEMPTION % ('idle-floor', '2027-02-30')}]",
            "exemptions[0].expires: '2027-02-30' is",
        ),
        ("exemptions: [{rule: idle-floor}]", "is required"),
        *(
            (
                "exemptions: [{rule: idle-floor, resource: '*', owner: o, reason: r, approver: a, "
                "expires: 2027-01-31}]".replace(f"{part}: {part[0]}", f"{part}: ' '"),
                f"exemptions[0].{part}: is required",
            )
            for part in ("owner", "reason", "approver")
        ),
        ("- a list", "lichen.yaml"),
        ("limits: {", "does not parse"),
    ],
)
def test_a_mistake_names_the_field_and_the_nearest_right_word(
    tmp_path: Path, text: str, sentence: str
) -> None:
    with pytest.raises(InputError) as refused:
        configured(tmp_path, text)
    assert sentence in str(refused.value)
    assert str(refused.value).startswith(str(tmp_path / "lichen.yaml"))


@pytest.mark.parametrize(
    ("pattern", "name", "covered"),
    [
        ("aws_instance.chat[0]", "aws_instance.chat[0]", True),
        ("aws_instance.chat[0]", "aws_instance.chat0", False),
        ('aws_instance.chat["eu"]', 'aws_instance.chat["eu"]', True),
        ("aws_instance.chat[?]", "aws_instance.chat[1]", True),
        ("*::legacy-*", "urn:pulumi:dev::shop::aws:ec2/instance:Instance::legacy-1", True),
        ("chat", "chat-2", False),
        ("chat!", "chat", False),
    ],
)
def test_only_the_star_and_the_question_mark_are_special(
    tmp_path: Path, pattern: str, name: str, covered: bool
) -> None:
    row = EXEMPTION.replace("resource: x", f"resource: '{pattern}'") % ("idle-floor", "2027-01-01")
    (exemption,) = configured(tmp_path, f"exemptions: [{row}]").exemptions("prod")
    assert exemption.covers("idle-floor", "its address", name) is covered
    assert not exemption.covers("dirty-region", name)
