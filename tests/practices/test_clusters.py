"""Carbon for the schedulers of a cluster: figures from the tables' rows, and what users type."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from lichen_doors.command import main
from lichen_practices.clusters.ceilings import ceilings
from lichen_practices.clusters.overlays import overlays

from lichen.document import InputError
from tests.fixed import fixed

TAKEN = re.compile(r"^(([+-]{1}(\d*\.?\d+))|(\+{1}\d*\.?\d+%)|(^(-\d{1,2}(\.\d+)?%)$)|(-100%))$")
"""What Karpenter's CRD takes as a priceAdjustment."""

SCALED = {
    "apiVersion": "keda.sh/v1alpha1",
    "kind": "ScaledObject",
    "metadata": {"name": "chat", "namespace": "ml"},
    "spec": {"minReplicaCount": 2, "maxReplicaCount": 9},
}
HPA = {
    "apiVersion": "autoscaling/v2",
    "kind": "HorizontalPodAutoscaler",
    "metadata": {"name": "search"},
    "spec": {"maxReplicas": 3},
}
POOL = {
    "apiVersion": "karpenter.sh/v1",
    "kind": "NodePool",
    "metadata": {"name": "gpu"},
    "spec": {"limits": {"cpu": 100, "memory": "400Gi", "nvidia.com/gpu": "8"}},
}


def run(*words: str) -> Any:
    return CliRunner().invoke(main, words)


def test_an_adjustment_is_the_machine_s_grams_at_the_price_of_carbon() -> None:
    catalogue = fixed()
    region = catalogue.region("eu-west-1")
    found = overlays(catalogue, region, 500.0)
    assert found.manifests
    names = [
        name
        for manifest in found.manifests
        for name in manifest["spec"]["requirements"][0]["values"]
    ]
    sold = {
        offer.machine
        for offer in catalogue.offers_in("eu-west-1")
        if "ec2" in catalogue.machines[offer.machine].hostings
    }
    assert sorted([*names, *found.unknown]) == sorted(sold)
    assert len(names) == len(set(names))
    for manifest in found.manifests:
        adjustment = manifest["spec"]["priceAdjustment"]
        assert TAKEN.match(adjustment)
        for name in manifest["spec"]["requirements"][0]["values"]:
            machine = catalogue.machines[name]
            assert machine.half_load_w is not None
            assert region.grid_gco2e_kwh is not None
            assert region.pue is not None
            assert machine.idle_w is not None
            assert machine.full_load_w is not None
            half = (machine.idle_w.likely + machine.full_load_w.likely) / 2
            watts = half if machine.accelerator else machine.half_load_w.likely
            grams = watts / 1000 * region.grid_gco2e_kwh * region.pue
            if machine.embodied_kgco2e is not None and machine.lifetime_hours:
                grams += machine.embodied_kgco2e.likely * 1000 / machine.lifetime_hours
            assert float(adjustment) == pytest.approx(grams / 1e6 * 500, rel=0.05), name


def test_a_dirtier_region_adds_more() -> None:
    def of(region: str) -> float:
        (first, *_) = overlays(fixed(), fixed().region(region), 100.0).manifests
        return float(first["spec"]["priceAdjustment"])

    assert of("eu-west-1") > 3 * of("eu-north-1")


@pytest.mark.parametrize(
    ("percent", "expected"),
    [
        (50.0, {"chat": {"maxReplicaCount": 5}, "search": {"maxReplicas": 2}}),
        (10.0, {"chat": {"maxReplicaCount": 2}, "search": {"maxReplicas": 1}}),
        (0.0, {"chat": {"maxReplicaCount": 2}, "search": {"maxReplicas": 1}}),
        (100.0, {}),
    ],
)
def test_a_ceiling_goes_down_and_never_below_its_floor(
    percent: float, expected: dict[str, Any]
) -> None:
    dirty = fixed().region("eu-west-1")
    listed = {"kind": "List", "items": [SCALED, HPA, {"kind": "Service", "spec": {}}]}
    capped = ceilings([listed], dirty, {"high": percent})
    assert {patch["metadata"]["name"]: patch["spec"] for patch in capped.patches} == expected


def test_the_limits_of_a_pool_keep_their_units_and_a_clean_region_keeps_all() -> None:
    dirty, clean = fixed().region("eu-west-1"), fixed().region("eu-north-1")
    (patch,) = ceilings([POOL], dirty, {"high": 25.0}).patches
    assert patch["spec"] == {"limits": {"cpu": 25, "memory": "100Gi", "nvidia.com/gpu": "2"}}
    assert ceilings([POOL, SCALED], clean, {"high": 25.0}).patches == []


@pytest.mark.parametrize(
    ("written", "percent", "lower"),
    [
        ("1Ti", 50.0, "512Gi"),
        ("1k", 50.0, "500"),
        ("10Gi", 33.0, "3380Mi"),
        ("1001Gi", 50.0, "501Gi"),
        ("1.5Ti", 50.0, "768Gi"),
        ("1500m", 50.0, "750m"),
        ("1e3", 50.0, "500"),
        ("1E", 50.0, "500P"),
        ("1Ki", 50.0, "512"),
        (3, 50.0, 2),
        ("100", 29.0, "29"),
        ("1", 50.0, None),
    ],
)
def test_half_of_one_unit_is_many_of_a_smaller_one(
    written: Any, percent: float, lower: Any
) -> None:
    pool = {**POOL, "spec": {"limits": {"memory": written}}}
    patches = ceilings([pool], fixed().region("eu-west-1"), {"high": percent}).patches
    expected = [] if lower is None else [{"limits": {"memory": lower}}]
    assert [patch["spec"] for patch in patches] == expected


@pytest.mark.parametrize(
    ("manifest", "message"),
    [
        ({"kind": "Service"}, "nothing in these manifests scales"),
        ({**HPA, "spec": {"maxReplicas": "many"}}, "HorizontalPodAutoscaler.spec.maxReplicas"),
        ({**HPA, "spec": []}, ": is no mapping"),
        ({**HPA, "metadata": {}}, "HorizontalPodAutoscaler.metadata.name: is required"),
        ({**POOL, "spec": {"limits": {"cpu": "x"}}}, "is no quantity"),
        ({**POOL, "spec": {"limits": {"cpu": "1ki"}}}, "is no quantity"),
        ({**POOL, "spec": {"limits": {"cpu": "1e999"}}}, "is no quantity"),
    ],
)
def test_a_manifest_that_no_cluster_takes_is_named(manifest: Any, message: str) -> None:
    with pytest.raises(InputError, match=re.escape(message)):
        ceilings([manifest], fixed().region("eu-west-1"), {"high": 10.0})


def test_the_command_prints_manifests_and_says_what_is_wrong(tmp_path: Path) -> None:
    printed = run("karpenter", "overlays", "--region", "eu-west-1", "--carbon-price", "100")
    assert printed.exit_code == 0, printed.output
    documents = list(yaml.safe_load_all(printed.stdout))
    assert {document["kind"] for document in documents} == {"NodeOverlay"}

    file = tmp_path / "scaling.yaml"
    file.write_text(yaml.safe_dump_all([SCALED, HPA]))
    words = ("karpenter", "ceilings", str(file), "--region", "eu-west-1", "--format", "json")
    printed = run(*words, "--share", "high=50")
    assert printed.exit_code == 0, printed.output
    assert len(json.loads(printed.stdout)["items"]) == 2
    assert "eu-west-1 is high in carbon: 50 % of each ceiling, 2 to patch." in printed.stderr

    for wrong, said in (
        ("hihg=50", "--share: 'hihg=50' is not CLASS=PERCENT"),
        ("high=500", "--share: is above 100"),
        ("high", "--share: 'high' is not CLASS=PERCENT"),
        ("high=60", "--share: high has two shares"),
    ):
        refused = run(*words, "--share", "high=50", "--share", wrong)
        assert (refused.exit_code, said in refused.output) == (2, True), refused.output
    file.write_text(yaml.safe_dump({**HPA, "spec": {"maxReplicas": "8"}}))
    refused = run(*words, "--share", "high=50")
    name = HPA["metadata"]["name"]
    assert f"{file}: HorizontalPodAutoscaler.spec.maxReplicas of {name}: '8' is no count" in (
        " ".join(refused.stderr.split())
    )
    for price in ("1e-9", "1e308"):
        refused = run("karpenter", "overlays", "--region", "eu-west-1", "--carbon-price", price)
        assert (refused.exit_code, "0.01<=x<=100000" in refused.output) == (2, True)
    family = ("--carbon-price", "100", "--family", "zz")
    refused = run("karpenter", "overlays", "--region", "eu-west-1", *family)
    assert refused.exit_code == 2
    assert "no machine of the family 'zz'" in refused.output


def test_a_file_that_is_none_of_overlays_is_not_written_over(tmp_path: Path) -> None:
    file = tmp_path / "overlays.yaml"
    words = ("karpenter", "overlays", "--region", "eu-west-1", "--carbon-price", "100")
    for form in ("yaml", "json", "yaml"):  # an earlier answer of either form is
        written = run(*words, "--format", form, "--output", str(file))
        assert written.exit_code == 0, written.output
    for kept in (yaml.safe_dump_all([HPA, {"kind": "NodeOverlay"}]), "- a list\n", "a: [\n"):
        file.write_text(kept)
        refused = run(*words, "--output", str(file))
        assert refused.exit_code == 2
        said = f"--output: {file} is no file of NodeOverlays, and would be lost"
        assert said in " ".join(refused.stderr.split())
        assert file.read_text() == kept
