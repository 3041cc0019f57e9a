"""The advice where no region that may be used is cleaner."""

from __future__ import annotations

import datetime

import pytest
from lichen_policies.facts import Located
from lichen_policies.facts.fact import Context
from lichen_policies.rule import Known
from lichen_policies.rules.dirty_region import Limits, _no_better, dirty_region

from lichen.catalogue import load
from tests.fixed import fixed


@pytest.mark.parametrize(
    ("machine", "regions", "clouds", "advice"),
    [
        (
            "g5.xlarge",
            ("ap-south-1",),
            (),
            "allow more regions in lichen.yaml: no allowed region that offers g5.xlarge is cleaner",
        ),
        (
            None,
            (),
            ("aws",),
            "allow more clouds in lichen.yaml: no allowed region is cleaner",
        ),
        (
            "g5.xlarge",
            (),
            (),
            "choose another machine: no region that offers g5.xlarge has cleaner electricity",
        ),
        (None, (), (), "choose another cloud: no region of this one has cleaner electricity"),
    ],
)
def test_no_advice_names_a_setting_that_is_not_set(
    machine: str | None, regions: tuple[str, ...], clouds: tuple[str, ...], advice: str
) -> None:
    known = Known(
        catalogue=fixed(), today=datetime.date(2026, 11, 23), regions=regions, clouds=clouds
    )
    assert _no_better(machine, known) == advice


@pytest.mark.parametrize(
    ("regions", "clouds", "advice"),
    [
        (("ap-south-1",), (), True),
        (("ap-south-1", "eu-north-1"), (), False),
        ((), ("aws",), False),
        (("us-east-1",), (), False),
        ((), (), False),
    ],
)
def test_what_the_organisation_allows_alone_is_not_blocked_for_want_of_another(
    regions: tuple[str, ...], clouds: tuple[str, ...], advice: bool
) -> None:
    fact = Located(
        context=Context(cloud="aws", region="ap-south-1"), region_at="region", machine="inf2.xlarge"
    )
    known = Known(
        catalogue=fixed(),
        today=datetime.date(2026, 11, 23),
        organisation_regions=regions,
        organisation_clouds=clouds,
        regions=regions,
        clouds=clouds,
    )
    (finding,) = dirty_region.judge(fact, Limits(), known)
    assert finding.advice is advice
    assert ("lichen.yaml allows nothing cleaner" in finding.limit) is advice


def test_a_project_s_own_list_of_regions_turns_no_block_into_advice() -> None:
    fact = Located(
        context=Context(cloud="aws", region="ap-south-1"), region_at="region", machine="inf2.xlarge"
    )
    known = Known(catalogue=fixed(), today=datetime.date(2026, 11, 23), regions=("ap-south-1",))
    (finding,) = dirty_region.judge(fact, Limits(), known)
    assert not finding.advice
    assert finding.or_else.startswith("allow more regions in lichen.yaml")


@pytest.mark.parametrize(
    ("name", "regions", "is_advised"),
    [
        ("brazilsouth", (), True),
        ("brazilsoutheast", (), False),
        ("brazilsoutheast", ("brazilsoutheast",), True),
        ("brazilsouth", ("brazilsoutheast",), False),
        ("eu-north-1", (), True),
    ],
)
def test_a_region_that_is_opened_on_request_is_advised_where_it_is_listed(
    name: str, regions: tuple[str, ...], is_advised: bool
) -> None:
    today = datetime.date(2026, 11, 23)
    known = Known(catalogue=load(), today=today, regions=regions)
    assert known.may_advise(known.region(name)) is is_advised
