"""What the components for Google Cloud refuse before anything is made, and what they start."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pulumi
import pytest
from lichen_components.args import EndpointArgs
from lichen_components.endpoint import plan_of
from lichen_components.google.args import GoogleArgs
from lichen_components.google.checks import server_for
from lichen_components.google.cloud_run import RunService
from lichen_components.google.container import HEALTH, arguments, variables
from lichen_components.google.files import FilesAt, files_at, files_of, in_bucket
from lichen_components.google.machines import zone_of
from lichen_components.google.start import StartUp, script
from lichen_components.google.vertex import CHIPS, ModelGardenEndpoint
from lichen_components.images import public_uri
from lichen_components.plan import Plan

from lichen.catalogue import load
from lichen.catalogue.schema import Made
from lichen.document import InputError
from lichen.placing.made import server_of
from tests.components.clusters import Registered, made
from tests.components.narrowed import CHAT, VECTORS, Only, planned

PLACE = {"network": "projects/acme/global/networks/it", "subnetwork": "it"}
GROUP = {**PLACE, "proxy_ranges": ["10.129.0.0/23"]}
GS, HF = "gs://models-{region}/it/", "hf://meta-llama/Llama-3.1-8B"
L4, CPU, AXION = "cloudrun-gpu-l4", "cloudrun-cpu.2x8", "c4a-standard-4"


def on(workload: dict[str, Any], hosting: str, **more: Any) -> dict[str, Any]:
    where = {"clouds": ["google"], "hosting": [hosting], "regions": ["europe-west4"]}
    asked = {**workload, "where": where, "environment": "staging", **more}
    return asked if "precisions" in asked else {**asked, "precisions": ["bf16"]}


@pytest.mark.parametrize(
    ("machine", "workload", "google", "field", "wrong"),
    [
        (L4, on(CHAT, "cloud-run", availability={"zones": 2}), {},
         "workload.availability.zones", "stays in one without zonal redundancy"),
        (L4, on(CHAT, "cloud-run", traffic={**CHAT["traffic"], "peak_rps": 12}), {},
         "google.gpu_quota", "the project may have 3 in europe-west4"),
        (CPU, on(VECTORS, "cloud-run"), {"invokers": ["allUsers"]},
         "google.invokers[0]", "anybody in the world"),
        (CPU, on(VECTORS, "cloud-run"), {"network": "it"}, "google.subnetwork", "belong together"),
        (CPU, on(VECTORS, "cloud-run"), {"budget_usd": 100}, "google.billing_account", "required"),
        (AXION, on(VECTORS, "compute-engine"), PLACE, "google.proxy_ranges", "proxy-only subnet"),
        (AXION, on(VECTORS, "compute-engine"), {}, "google.network", "required for machines"),
        (AXION, on(VECTORS, "compute-engine"), {**GROUP, "image": "it:1"},
         "image_architecture", "has a processor of arm64"),
        (AXION, on(VECTORS, "compute-engine"),
         {**GROUP, "schedules": [{"at": "0 7 * * *", "hours": 0.05, "minimum": 2}]},
         "google.schedules[0].hours", "five minutes"),
        ("ct5lp-hightpu-4t", on(CHAT, "tpu-vm", environment="prod"), PLACE,
         "workload.environment", "not for production"),
        ("ct5lp-hightpu-4t", on(CHAT, "tpu-vm"), {**PLACE, "key": "k"}, "google.key", "TPU node"),
        ("ct5lp-hightpu-4t", on(CHAT, "tpu-vm"), {**PLACE, "secrets": {"HF_TOKEN": "hub"}},
         "google.secrets", "a TPU node takes no secrets"),
        ("ct5lp-hightpu-4t", on(CHAT, "tpu-vm"),
         {**PLACE, "schedules": [{"at": "0 7 * * *", "hours": 9, "minimum": 2}]},
         "google.schedules", "no floors by the time of day"),
        (AXION, on(VECTORS, "compute-engine"), {**GROUP, "secrets": {"HF_TOKEN": "hub"}},
         "google.secrets", "a group of machines takes no secrets"),
        ("g2-standard-4", on(CHAT, "vertex"), {"key": "k"}, "google.key", "takes no key"),
    ],
)  # fmt: skip
def test_what_cannot_be_made_is_refused(
    machine: str, workload: dict[str, Any], google: dict[str, Any], field: str, wrong: str
) -> None:
    files = HF if workload["where"]["hosting"] == ["vertex"] else GS
    with pytest.raises(InputError, match=re.escape(wrong)) as refused:
        planned(machine, workload, artifacts=files, google=google)
    assert refused.value.field == field


def test_a_project_has_processors_for_one_rtx_pro_6000() -> None:
    """It needs 20, and Cloud Run gives a new project no more."""
    model = "Qwen/Qwen2.5-14B-Instruct"
    where = {"hosting": ["cloud-run-gpu"], "regions": ["europe-west4"]}
    busy = {**on(CHAT, ""), "model": model, "where": where}
    busy["traffic"] = {**CHAT["traffic"], "peak_rps": 20}
    args = EndpointArgs(workload=busy, google={"artifacts": f"hf://{model}"})
    with pytest.raises(InputError, match="the project may have 1 in europe-west4"):
        plan_of(args, load())


def test_vertex_reads_no_bucket() -> None:
    with pytest.raises(InputError, match="does not read a model's files from 'gs://"):
        planned("g2-standard-4", on(CHAT, "vertex"), artifacts=GS)


def test_the_server_of_a_check_is_that_of_the_rows() -> None:
    catalogue = load()
    accelerators = {chip.name for chip in catalogue.chips.values() if chip.kind != "cpu"}
    rows = [
        (row, chip.name, kind)
        for row in catalogue.table("makes", Made)
        if row.hosting in {"cloud-run", "cloud-run-gpu", "compute-engine", "tpu-vm", "vertex"}
        for chip in catalogue.chips.values()
        if chip.family in row.families
        for kind in row.kinds
    ]
    assert {row.server for row, _, _ in rows} == {"vllm", "vllm-tpu", "tei", "image"}
    for row, chip, kind in rows:
        assert server_for(kind, chip if chip in accelerators else None) == row.server, (row, chip)
        assert server_of([row], row.hosting, kind, catalogue.chips[chip].family) == row.server
    assert server_of([row for row, _, _ in rows], "vertex", "llm", None) is None


class OnGoogle(Registered):
    """The project of a deployment, and the endpoint that Vertex AI numbers."""

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        name, outputs = super().new_resource(args)
        return name, {**outputs, "endpoint": "mg-endpoint-1"}

    def call(self, args: pulumi.runtime.MockCallArgs) -> dict[str, Any]:
        return {"projectId": "acme", "number": "123456789012"}


def test_vertex_names_the_chips_of_the_catalogue() -> None:
    assert set(CHIPS) <= set(load().chips)


def test_requests_to_vertex_go_to_the_endpoints_own_host() -> None:
    urls: list[str] = []

    def serve(name: str, of: Plan) -> None:
        ModelGardenEndpoint(name, of).url.apply(urls.append)

    registered = made(serve, planned("g2-standard-4", on(CHAT, "vertex"), artifacts=HF), OnGoogle())
    config = registered.inputs["chat-endpoint"]["endpointConfig"]
    assert config["dedicatedEndpointEnabled"] is True
    assert urls == [
        "https://mg-endpoint-1.europe-west4-123456789012.prediction.vertexai.goog/v1/projects/acme"
        "/locations/europe-west4/endpoints/mg-endpoint-1:rawPredict"
    ]


@pytest.mark.parametrize(
    ("location", "ends"),
    [
        ("gs://models/a/", '/objects/a/")'),
        ("gs://models/a", '/a/")'),
        ("gs://models", 'objects/")'),
    ],
)
def test_a_grant_ends_with_its_folder(location: str, ends: str) -> None:
    run = planned(L4, on(CHAT, "cloud-run"), artifacts=location)
    grant = made(RunService, run, OnGoogle()).inputs["chat-reads-files"]
    assert grant["condition"]["expression"].endswith(ends)


@pytest.mark.parametrize(("reads", "other"), [("gs://", HF), ("hf://", GS)])
def test_a_location_that_is_known_late_is_of_the_kind_that_was_made_for(
    reads: str, other: str
) -> None:
    async def found(location: str) -> FilesAt | None:
        late: GoogleArgs = {"artifacts": pulumi.Output.from_input(location)}
        assert in_bucket(late)
        return await files_of(late, "europe-west4", late=reads).future()

    assert asyncio.run(found(f"{reads}models/a")) == files_at(f"{reads}models/a", "europe-west4")
    with pytest.raises(pulumi.RunError, match="known only when resources are made"):
        asyncio.run(found(other))


@pytest.mark.parametrize(
    ("region", "zones", "wrong"),
    [
        ("us-east1", [], "no zone of us-east1 is known to have ct5lp-hightpu-1t"),
        ("us-east1", ["us-east1-c", "us-east1-d"], "is in one zone, and 2 are named"),
    ],
)
def test_a_node_of_tpus_has_one_zone(region: str, zones: list[str], wrong: str) -> None:
    catalogue = Only("ct5lp-hightpu-1t")
    machine = catalogue.machine("ct5lp-hightpu-1t")
    with pytest.raises(InputError, match=wrong) as refused:
        zone_of(machine, region, {"zones": zones}, catalogue)
    assert refused.value.field == "google.zones"
    assert zone_of(machine, region, {"zones": ["us-east1-c"]}, catalogue) == "us-east1-c"
    assert zone_of(machine, "europe-west4", {}, catalogue) == "europe-west4-b"


def test_the_cost_is_that_of_the_rows() -> None:
    """A month is the mean number of replicas, times the price that the rates add up to."""
    chosen = planned(L4, on(CHAT, "cloud-run"), artifacts=GS).decision.placement.chosen
    rate = Only(L4).rate("cloud-run-gpu", "europe-west4", "NVIDIA L4")
    assert rate is not None
    usd_hour = 4 * rate.usd_vcpu_hour + 16 * rate.usd_gib_hour + (rate.usd_chip_hour or 0)
    assert chosen.usd_hour == pytest.approx(usd_hour)
    assert chosen.usd_month == pytest.approx(730 * chosen.replicas_mean * usd_hour, rel=0.01)


def test_a_server_is_started_with_what_was_sized() -> None:
    plan = planned("ct6e-standard-4t", on(CHAT, "tpu-vm"), artifacts=GS, google=GROUP)
    given = arguments(plan, files_at(GS, "europe-west4"))
    split = dict(option.removeprefix("--").split("=", 1) for option in given)
    degree = int(split["tensor-parallel-size"]) * int(split.get("data-parallel-size", 1))
    assert degree == 4
    assert split["model"] == "/mnt/model"
    assert split["port"] == str(HEALTH["vllm-tpu"].port)
    from_hub = FilesAt(model="meta-llama/Llama-3.1-8B")
    assert "--model=meta-llama/Llama-3.1-8B" in arguments(plan, from_hub)
    assert "HF_HUB_OFFLINE" not in variables(plan, from_hub)
    started = script(
        StartUp(
            server="vllm-tpu", image=public_uri(plan, None) or "", arguments=given,
            variables={"A": "b c"}, files=files_at(GS, "europe-west4"), chips="tpu",
        )
    )  # fmt: skip
    assert "rsync --recursive gs://models-europe-west4/it /mnt/model" in started
    assert "--privileged --net=host --shm-size=150gb" in started
    assert "'--env=A=b c'" in started


def test_a_gpus_driver_is_installed_before_its_server() -> None:
    started = script(
        StartUp(
            server="vllm", image="europe-west4-docker.pkg.dev/acme/hub/vllm:1", arguments=[],
            variables={}, files=FilesAt(), chips="gpu",
        )
    )  # fmt: skip
    lines = started.splitlines()
    assert lines[0] == "#! /bin/sh"
    driver = lines.index("cos-extensions install gpu")
    server = next(n for n, line in enumerate(lines) if "--detach" in line)
    assert driver < server
    assert "--registries=europe-west4-docker.pkg.dev" in started
    assert "gcloud storage rsync" not in started


@pytest.mark.parametrize(
    ("location", "files"),
    [
        (GS, FilesAt(bucket="models-europe-west4", prefix="it")),
        ("gs://models", FilesAt(bucket="models")),
        (HF, FilesAt(model="meta-llama/Llama-3.1-8B")),
    ],
)
def test_where_files_are(location: str, files: FilesAt) -> None:
    assert files_at(location, "europe-west4") == files
