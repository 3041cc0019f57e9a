"""One workload file for several programs: each narrows what the file allows."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from lichen.document import InputError
from lichen.placing.allowed import in_regions, on_hostings
from lichen.workload import Workload, as_workload
from tests.components.narrowed import VECTORS
from tests.fixed import fixed

CLUSTERS = {"eks", "gke", "gke-tpu", "aks", "kubernetes"}


def asking(**where: Any) -> Workload:
    return as_workload({**VECTORS, "where": where})


def test_a_hosting_brings_its_cloud_and_its_group() -> None:
    narrowed = on_hostings(asking(residency="EU"), ["cloud-run"], fixed()).where
    assert set(narrowed.hosting) == {"cloud-run", "cloud-run-gpu"}
    assert narrowed.clouds == ("google",)
    assert narrowed.residency == "EU"


def test_a_cluster_of_ones_own_may_have_machines_of_any_cloud() -> None:
    narrowed = on_hostings(asking(), ["kubernetes"], fixed()).where
    assert (set(narrowed.hosting), narrowed.clouds) == (CLUSTERS, ())
    assert on_hostings(asking(clouds=["aws"]), ["kubernetes"], fixed()).where.clouds == ("aws",)


def test_the_files_own_limits_hold() -> None:
    mixed = on_hostings(asking(hosting=["sagemaker"]), ["sagemaker", "ec2", "vertex"], fixed())
    # A hosting of AWS that the file names says nothing of Google.
    ours = {"sagemaker", "sagemaker-batch", "sagemaker-serverless"}
    assert set(mixed.where.hosting) == {*ours, "vertex"}
    there = in_regions(asking(regions=["eu-west-1", "eu-west-3"]), ["eu-west-3"], fixed())
    assert there.where.regions == ("eu-west-3",)
    untouched = asking(regions=["eu-west-1"])
    assert in_regions(on_hostings(untouched, [], fixed()), [], fixed()) == untouched


@pytest.mark.parametrize(
    ("narrow", "where", "names", "field", "wrong"),
    [
        (on_hostings, {}, ["cloudrun"], "hosting[0]", "not a known hosting"),
        (on_hostings, {"clouds": ["aws"]}, ["cloud-run"], "hosting", "allows none of cloud-run"),
        (on_hostings, {"hosting": ["sagemaker"]}, ["ec2"], "hosting", "allows none of ec2"),
        (in_regions, {}, ["eu-west-33"], "regions[0]", "not a known region"),
        (in_regions, {"regions": ["eu-west-1"]}, ["us-east-1"], "regions", "has none of us-east-1"),
    ],
)
def test_what_leaves_nothing_is_refused(
    narrow: Callable[..., Workload], where: dict[str, Any], names: list[str], field: str, wrong: str
) -> None:
    with pytest.raises(InputError, match=wrong) as refused:
        narrow(asking(**where), names, fixed())
    assert refused.value.field == field
