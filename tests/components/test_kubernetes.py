"""An endpoint in a cluster: registered with Pulumi, checked strictly, made nowhere."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pulumi
import pytest
from lichen_components.kubernetes.args import GkeArgs
from lichen_components.kubernetes.eks.machines import EksService
from lichen_components.kubernetes.gke import pool
from lichen_components.kubernetes.gke.pool import GkeService, name_of
from lichen_components.kubernetes.serving import ClusterService
from lichen_components.kubernetes.shapes import check_slice, slice_of
from lichen_components.site import short

from lichen.catalogue import load
from lichen.clouds.gke.tpu_slices import GENERATIONS, slices_of
from lichen.document import InputError
from lichen.passport import read_tags
from sandbox.kubernetes.nodes import shape_of
from tests.components.clusters import (
    CHAT,
    EKS,
    GKE,
    PHOTOS,
    VECTORS,
    Registered,
    check_strictly,
    made,
    plan,
)

EUROPE = {**GKE, "location": "europe-west4", "zone": "europe-west4-a"}
NEURON = {**EKS, "device_plugin": True, "release_version": "1.33.5-20260625"}
KARPENTER = {
    "node_role": "KarpenterNodeRole-serving",
    "nodes": "karpenter",
    "discovery": {"karpenter.sh/discovery": "serving"},
    "ami_alias": "al2023@v20260625",
    "device_plugin": True,
}
OWN = {"image": "registry.acme.example/defects:3", "image_architecture": "arm64"}
LONG = {
    **CHAT,
    "traffic": {"peak_rps": 0.01, "input_tokens": 120_000, "output_tokens": 200},
    "latency": {"p95_ms": 600_000},
}
"""Requests so long that a copy needs three chips of v5e."""
ASLEEP = {**VECTORS, "environment": "dev", "availability": {"minimum_replicas": 0}}
GATEWAY = {
    "type": "prometheus",
    "metadata": {
        "serverAddress": "http://prometheus.monitoring:9090",
        "query": "sum(rate(gateway_requests_total{route='vectors'}[1m]))",
        "threshold": "2",
    },
}


REGIONS = {"inf2.xlarge": "eu-west-3"}
"""Where AWS publishes the serving image."""


def pod_of(registered: Registered) -> dict[str, Any]:
    return dict(registered.objects()["Deployment"]["spec"]["template"]["spec"])


def machines_of(identity: str, namespace: str = "default") -> dict[str, str]:
    """The label of the machines that are made for an endpoint."""
    return {"app.kubernetes.io/instance": f"{identity}-{short('lichen/test', namespace)}"}


def devices_of(registered: Registered) -> dict[str, Any]:
    return dict(pod_of(registered)["containers"][0]["resources"]["limits"])


def test_a_deployment_has_all_that_production_needs_and_no_more() -> None:
    registered = made(ClusterService, plan("kubernetes", "g2-standard-4", CHAT))
    objects = registered.objects()
    assert sorted(objects) == [
        "Deployment",
        "HorizontalPodAutoscaler",
        "PodDisruptionBudget",
        "Service",
    ]
    for each in objects.values():
        check_strictly(each)
    spec, pod = objects["Deployment"]["spec"], pod_of(registered)
    # The number is the scaler's alone.
    assert "replicas" not in spec
    scaler = objects["HorizontalPodAutoscaler"]["spec"]
    assert (scaler["minReplicas"], scaler["maxReplicas"]) == (1, 2)
    assert scaler["metrics"][0]["pods"]["metric"]["name"] == "vllm:num_requests_waiting"
    container = pod["containers"][0]
    assert container["image"] == "docker.io/vllm/vllm-openai:v0.28.0"
    assert container["args"][:2] == ["--model", "/models"]
    assert container["resources"]["limits"]["nvidia.com/gpu"] == "1"
    # Three times the predicted start before anything else counts; then a liveness of a minute.
    startup = container["startupProbe"]
    assert startup["periodSeconds"] * startup["failureThreshold"] == 890
    assert container["livenessProbe"]["httpGet"] == {"path": "/health", "port": "http"}
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["nodeSelector"] == {"kubernetes.io/arch": "amd64"}
    assert pod["volumes"][0]["persistentVolumeClaim"] == {"claimName": "models", "readOnly": True}
    assert container["volumeMounts"][0]["subPath"] == "it"
    assert objects["PodDisruptionBudget"]["spec"]["maxUnavailable"] == 1
    for written in (
        objects["Deployment"]["metadata"]["annotations"],
        spec["template"]["metadata"]["annotations"],
    ):
        passport, mistakes = read_tags(written, "kubernetes")
        assert mistakes == ()
        assert passport is not None
        assert (passport.model, passport.environment) == ("meta-llama/Llama-3.1-8B", "prod")


def test_embeddings_on_arm_ask_for_arm_and_are_scaled_by_processors() -> None:
    registered = made(ClusterService, plan("kubernetes", "c7g.xlarge", VECTORS))
    for each in registered.objects().values():
        check_strictly(each)
    pod = pod_of(registered)
    assert pod["nodeSelector"] == {"kubernetes.io/arch": "arm64"}
    assert {"key": "kubernetes.io/arch", "operator": "Equal", "value": "arm64"}.items() <= (
        pod["tolerations"][0].items()
    )
    assert pod["containers"][0]["image"].endswith("text-embeddings-inference:cpu-arm64-1.9")
    assert pod["containers"][0]["securityContext"]["readOnlyRootFilesystem"] is True
    assert pod["securityContext"]["runAsNonRoot"] is True
    scaler = registered.objects()["HorizontalPodAutoscaler"]["spec"]
    assert scaler["metrics"][0]["resource"]["name"] == "cpu"


def test_pods_at_zero_are_brought_back_by_a_signal_from_outside() -> None:
    registered = made(
        ClusterService,
        plan("kubernetes", "c7g.xlarge", ASLEEP, scaling={"trigger": GATEWAY}),
    )
    objects = registered.objects()
    check_strictly(objects["ScaledObject"])
    spec = objects["ScaledObject"]["spec"]
    assert spec["minReplicaCount"] == 0
    of = {"apiVersion": "apps/v1", "kind": "Deployment", "name": "vectors-dev"}
    assert spec["scaleTargetRef"] == of
    assert "HorizontalPodAutoscaler" not in objects
    assert "replicas" not in objects["Deployment"]["spec"]
    # Nobody is behind it yet, and an `up` does not wait for that.
    assert objects["Service"]["metadata"]["annotations"]["pulumi.com/skipAwait"] == "true"


def test_a_pool_on_gke_and_its_pods_agree() -> None:
    arm = made(GkeService, plan("gke", "c4a-standard-4", VECTORS, "europe-west4", gke=EUROPE))
    assert pod_of(arm)["nodeSelector"] == {
        "kubernetes.io/arch": "arm64",
        "cloud.google.com/machine-family": "c4a",
        "topology.kubernetes.io/region": "europe-west4",
        **machines_of("vectors-prod"),
    }
    config = arm.inputs["vectors-pool"]["nodeConfig"]
    assert (config["machineType"], config["diskType"]) == ("c4a-standard-4", "hyperdisk-balanced")
    assert config["labels"] == machines_of("vectors-prod")
    assert config["taintConfig"] == {"architectureTaintBehavior": "ARM"}
    assert read_tags(config["resourceLabels"], "google")[1] == ()

    gpu = made(GkeService, plan("gke", "g2-standard-4", CHAT, "europe-west4", gke=EUROPE))
    assert pod_of(gpu)["nodeSelector"] == {
        "cloud.google.com/gke-accelerator": "nvidia-l4",
        "topology.kubernetes.io/region": "europe-west4",
        **machines_of("chat-prod"),
    }
    guest = gpu.inputs["chat-pool"]["nodeConfig"]["guestAccelerators"]
    assert (guest[0]["type"], guest[0]["count"]) == ("nvidia-l4", 1)
    assert guest[0]["gpuDriverInstallationConfig"] == {"gpuDriverVersion": "LATEST"}
    metric = gpu.objects()["HorizontalPodAutoscaler"]["spec"]["metrics"][0]["pods"]["metric"]
    assert metric["name"] == "prometheus.googleapis.com|vllm:num_requests_waiting|gauge"
    for each in (*arm.objects().values(), *gpu.objects().values()):
        check_strictly(each)


def test_namesakes_in_two_namespaces_share_no_machines() -> None:
    def karpenter(**given: Any) -> dict[str, Any]:
        asked = plan("eks", "c7g.xlarge", VECTORS, "us-east-1", eks=KARPENTER, **given)
        return made(EksService, asked).objects()

    here, there = karpenter(), karpenter(namespace="blue")
    for objects, namespace in ((here, "default"), (there, "blue")):
        labels = machines_of("vectors-prod", namespace)
        pool, pods = objects["NodePool"], objects["Deployment"]
        assert pool["spec"]["template"]["metadata"]["labels"] == labels
        assert labels.items() <= pods["spec"]["template"]["spec"]["nodeSelector"].items()
        reference = pool["spec"]["template"]["spec"]["nodeClassRef"]
        assert reference["name"] == objects["EC2NodeClass"]["metadata"]["name"]
        assert pods["metadata"]["name"] == "vectors-prod"
    for kind in ("NodePool", "EC2NodeClass"):  # of the whole cluster
        assert here[kind]["metadata"]["name"] != there[kind]["metadata"]["name"]


def test_a_slice_of_one_machine_has_no_placement_and_asks_for_no_second() -> None:
    registered = made(GkeService, plan("gke-tpu", "ct5lp-hightpu-4t", CHAT, gke=GKE))
    for each in registered.objects().values():
        check_strictly(each)
    pool = registered.inputs["chat-pool"]
    assert "placementPolicy" not in pool
    assert pool["nodeLocations"] == ["us-central1-a"]
    assert pool["nodeConfig"]["reservationAffinity"] == {"consumeReservationType": "NO_RESERVATION"}
    assert pod_of(registered)["nodeSelector"] == {
        "cloud.google.com/gke-tpu-accelerator": "tpu-v5-lite-podslice",
        "cloud.google.com/gke-tpu-topology": "2x2",
        "topology.kubernetes.io/region": "us-central1",
        **machines_of("chat-prod"),
    }
    assert devices_of(registered)["google.com/tpu"] == "4"
    strategy = registered.objects()["Deployment"]["spec"]["strategy"]
    assert strategy == {
        "type": "RollingUpdate",
        "rollingUpdate": {"maxSurge": 0, "maxUnavailable": 1},
    }


def test_machines_on_eks_have_the_drivers_of_their_chips() -> None:
    graviton = made(EksService, plan("eks", "c7g.xlarge", VECTORS, "us-east-1", eks=EKS))
    assert graviton.inputs["vectors-machines"]["amiType"] == "AL2023_ARM_64_STANDARD"
    assert "taints" not in graviton.inputs["vectors-machines"]

    group = made(
        EksService,
        plan(
            "eks",
            "inf2.xlarge",
            CHAT,
            "eu-west-3",
            artifacts="s3://models-{region}/chat/",
            service_account="chat",
            eks=NEURON,
        ),
    )
    machines = group.inputs["chat-machines"]
    assert (machines["amiType"], machines["releaseVersion"]) == (
        "AL2023_x86_64_NEURON",
        "1.33.5-20260625",
    )
    # One more than the most pods: a roll-out starts a pod before it ends an old one.
    most = group.objects()["HorizontalPodAutoscaler"]["spec"]["maxReplicas"]
    assert machines["scalingConfig"]["maxSize"] == most + 1
    assert machines["taints"] == [
        {"key": "aws.amazon.com/neuron", "value": "present", "effect": "NO_SCHEDULE"}
    ]
    assert devices_of(group)["aws.amazon.com/neuron"] == "1"
    copier = pod_of(group)["initContainers"][0]
    assert "s3://models-eu-west-3/chat/" in copier["args"]
    assert group.types["chat-identity"] == "aws:eks/podIdentityAssociation:PodIdentityAssociation"
    assert "models-eu-west-3/chat/*" in group.inputs["chat-access"]["policy"]

    karpenter = made(EksService, plan("eks", "inf2.xlarge", CHAT, "eu-west-3", eks=KARPENTER))
    objects = karpenter.objects()
    for each in (*group.objects().values(), *objects.values()):
        check_strictly(each)
    assert objects["NodePool"]["spec"]["disruption"]["consolidationPolicy"] == "WhenEmpty"
    assert objects["NodePool"]["spec"]["limits"]["aws.amazon.com/neuron"] == "3"
    assert objects["EC2NodeClass"]["spec"]["amiSelectorTerms"] == [{"alias": "al2023@v20260625"}]


def test_vision_runs_the_image_of_the_user_and_kserve_takes_it_too() -> None:
    plain = made(ClusterService, plan("kubernetes", "c7g.xlarge", PHOTOS, **OWN))
    container = pod_of(plain)["containers"][0]
    assert container["image"] == OWN["image"]
    assert "args" not in container
    assert container["readinessProbe"]["httpGet"]["path"] == "/ping"
    kserve = made(ClusterService, plan("kubernetes", "c7g.xlarge", PHOTOS, kserve=True, **OWN))
    assert list(kserve.objects()) == ["InferenceService"]
    service = kserve.objects()["InferenceService"]
    assert service["metadata"]["annotations"]["serving.kserve.io/deploymentMode"] == "Standard"
    for each in (*plain.objects().values(), service):
        check_strictly(each)
    deployment = plain.objects()["Deployment"]
    for each in (deployment, deployment["spec"]["template"], service):
        assert each["metadata"]["annotations"]["lichen.dev/image-architecture"] == "arm64"


def test_what_is_not_a_field_is_refused_by_the_schemas_of_these_tests() -> None:
    registered = made(ClusterService, plan("kubernetes", "c7g.xlarge", VECTORS))
    deployment = registered.objects()["Deployment"]
    deployment["spec"]["template"]["spec"]["nodeSelectors"] = {}
    with pytest.raises(Exception, match="nodeSelectors"):
        check_strictly(deployment)


@pytest.mark.parametrize(
    ("hosting", "machine", "workload", "given", "field", "says"),
    [
        ("kubernetes", "c7g.xlarge", ASLEEP, {}, "kubernetes.scaling.trigger", "floor of 0"),
        (
            "kubernetes",
            "c7g.xlarge",
            ASLEEP,
            {"scaling": {"trigger": {"type": "cpu", "metadata": {"value": "60"}}}},
            "kubernetes.scaling.trigger",
            "never wakes",
        ),
        (
            "kubernetes",
            "c7g.xlarge",
            PHOTOS,
            {"image": "registry.acme.example/defects:3"},
            "kubernetes.image_architecture",
            "--platform linux/arm64",
        ),
        (
            "kubernetes",
            "c7g.xlarge",
            VECTORS,
            {"artifacts": "s3://models/x/"},
            "artifacts",
            "pvc://",
        ),
        ("kubernetes", "c7g.xlarge", VECTORS, {"topology": "2x2"}, "kubernetes.topology", "none"),
        (
            "kubernetes",
            "c7g.xlarge",
            ASLEEP,
            {"kserve": True, "scaling": {"trigger": GATEWAY}},
            "kubernetes.scaling",
            "KServe makes the scaler",
        ),
        ("gke", "c4a-standard-4", VECTORS, {}, "kubernetes.gke.cluster", "is required"),
        ("gke", "c4a-standard-4", VECTORS, {"gke": GKE}, "workload.where.regions", "us-central1"),
        (
            "gke-tpu",
            "ct5lp-hightpu-4t",
            CHAT,
            {"gke": {k: v for k, v in GKE.items() if k != "zone"}},
            "kubernetes.gke.zone",
            "us-central1-b",
        ),
        (
            "gke-tpu",
            "ct5lp-hightpu-4t",
            CHAT,
            {"gke": GKE, "topology": "1x1"},
            "kubernetes.topology",
            "take topology: 2x2 (1 x ct5lp-hightpu-4t)",
        ),
        (
            "gke-tpu",
            "ct5lp-hightpu-4t",
            CHAT,
            {"gke": GKE, "topology": "4x4"},
            "kubernetes.topology",
            "8 times what the model",
        ),
        (
            "eks",
            "inf2.xlarge",
            CHAT,
            {"eks": EKS},
            "kubernetes.eks.device_plugin",
            "stay pending",
        ),
        (
            "eks",
            "inf2.xlarge",
            CHAT,
            {"eks": {**NEURON, "release_version": "1.33.5-20260714"}},
            "kubernetes.eks.release_version",
            "20260610-0625",
        ),
        (
            "eks",
            "inf2.xlarge",
            CHAT,
            {"eks": {**KARPENTER, "ami_alias": "al2023@latest"}},
            "kubernetes.eks.ami_alias",
            "changes the drivers",
        ),
        (
            # The driver behind Karpenter: by the same table as a node group's.
            "eks",
            "inf2.xlarge",
            CHAT,
            {"eks": {**KARPENTER, "ami_alias": "al2023@v20260714"}},
            "kubernetes.eks.ami_alias",
            "20260610-0625",
        ),
        (
            "eks",
            "g5.xlarge",
            CHAT,
            {"eks": EKS},
            "kubernetes.eks.device_plugin",
            "without the NVIDIA device plugin",
        ),
        ("eks", "c7g.xlarge", VECTORS, {}, "kubernetes.eks.cluster", "a cluster of your own is"),
        (
            "kubernetes",
            "c7g.xlarge",
            VECTORS,
            {"node_selector": {"kubernetes.io/arch": "amd64"}},
            "kubernetes.node_selector",
            "its label is arm64",
        ),
        (
            "gke-tpu",
            "ct5lp-hightpu-4t",
            CHAT,
            {"gke": GKE, "node_selector": {"cloud.google.com/gke-tpu-topology": "2x4"}},
            "kubernetes.node_selector",
            "its label is 2x2",
        ),
    ],
)
def test_what_would_stay_pending_is_refused_before_anything_is_made(
    hosting: str,
    machine: str,
    workload: dict[str, Any],
    given: dict[str, Any],
    field: str,
    says: str,
) -> None:
    maker = {"kubernetes": ClusterService, "eks": EksService}.get(hosting, GkeService)
    with pytest.raises(Exception) as refused:  # noqa: PT011  # InputError, or RunError from a child
        made(maker, plan(hosting, machine, workload, REGIONS.get(machine, ""), **given))
    assert str(refused.value).startswith(f"{field}: ")
    assert says in str(refused.value)


def test_every_slice_is_one_that_gke_sells() -> None:
    """The component's table beside the sandbox's, which was written apart from it."""
    for chip in GENERATIONS:
        for one in slices_of(chip):
            sold = shape_of(one.machine, one.topology)
            assert sold == (one.accelerator, one.chips, one.nodes), one
            assert one.machine in load().machines


def test_the_right_slice_is_named_by_chips_and_by_machines() -> None:
    large = slice_of("ct6e-standard-8t", "Google TPU v6e", "4x4")
    assert (large.machine, large.nodes) == ("ct6e-standard-4t", 4)
    # 2x4 is sold as one machine and as two: the placement's own goes first.
    assert slice_of("ct6e-standard-8t", "Google TPU v6e", "2x4").nodes == 1
    check_slice(large, "ct6e-standard-8t", "Google TPU v6e", 32, 150)
    with pytest.raises(InputError, match=r"need.* 6 chips\. Fix: take topology: 2x4 \(1 x ct6e"):
        check_slice(
            slice_of("ct6e-standard-4t", "Google TPU v6e", "2x2"),
            "ct6e-standard-8t",
            "Google TPU v6e",
            32,
            170,
        )


def test_a_slice_of_several_machines_is_a_group_that_starts_and_ends_together() -> None:
    registered = made(
        GkeService,
        plan("gke-tpu", "ct5lp-hightpu-4t", LONG, gke=GKE, topology="2x4"),
    )
    objects = registered.objects()
    for each in objects.values():
        check_strictly(each)
    spec = objects["LeaderWorkerSet"]["spec"]["leaderWorkerTemplate"]
    assert spec["size"] == 2
    leader = spec["leaderTemplate"]["spec"]["containers"][0]
    assert "--tensor-parallel-size 8" in leader["command"][2]
    assert leader["resources"]["limits"]["google.com/tpu"] == "4"
    pool = registered.inputs["chat-pool-0"]
    assert pool["name"] == f"chat-prod-{short('lichen/test', 'default')}-pool-0"
    assert pool["placementPolicy"] == {"type": "COMPACT", "tpuTopology": "2x4"}
    assert pool["autoscaling"] == {"minNodeCount": 0, "maxNodeCount": 2, "locationPolicy": "ANY"}


def test_a_slice_of_tpu7x_is_put_together_by_a_workload_policy(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """TPU7x is in no fixed row: a slice of v5e shows what is made where a chip is sold so."""
    assert all(one.machine.startswith(pool._BY_POLICY) for one in slices_of("Google TPU v7x"))
    monkeypatch.setattr(pool, "_BY_POLICY", "ct5lp-")
    asked = plan("gke-tpu", "ct5lp-hightpu-4t", LONG, gke=GKE, topology="2x4")
    registered = made(GkeService, asked)
    policy = registered.inputs["chat-slice"]
    assert policy["workloadPolicy"] == {"type": "HIGH_THROUGHPUT", "acceleratorTopology": "2x4"}
    assert policy["region"] == "us-central1"
    placed = registered.inputs["chat-pool-0"]["placementPolicy"]
    assert placed == {"type": "COMPACT", "policyName": policy["name"]}


def test_groups_are_scaled_as_deployments_are() -> None:
    asleep = {**LONG, "environment": "dev", "availability": {"minimum_replicas": 0}}
    woken = made(
        GkeService,
        plan(
            "gke-tpu", "ct5lp-hightpu-4t", asleep,
            gke=GKE, topology="2x4", scaling={"trigger": GATEWAY},
        ),
    ).objects()  # fmt: skip
    busy = {**LONG, "traffic": {**LONG["traffic"], "peak_rps": 0.05, "mean_rps": 0.01}}
    grown = made(GkeService, plan("gke-tpu", "ct5lp-hightpu-4t", busy, gke=GKE, topology="2x4"))
    for each in (*woken.values(), *grown.objects().values()):
        check_strictly(each)
    kind = {"apiVersion": "leaderworkerset.x-k8s.io/v1", "kind": "LeaderWorkerSet"}
    assert woken["ScaledObject"]["spec"]["scaleTargetRef"] == {**kind, "name": "chat-dev"}
    scaler = grown.objects()["HorizontalPodAutoscaler"]["spec"]
    assert scaler["scaleTargetRef"] == {**kind, "name": "chat-prod"}
    pools = [name for name in grown.inputs if name.startswith("chat-pool-")]
    assert len(pools) == scaler["maxReplicas"] > scaler["minReplicas"]
    for objects in (woken, grown.objects()):
        assert "replicas" not in objects["LeaderWorkerSet"]["spec"]


def test_kserve_wakes_pods_itself() -> None:
    asleep = made(ClusterService, plan("kubernetes", "c7g.xlarge", ASLEEP, kserve=True))
    service = asleep.objects()["InferenceService"]
    assert service["spec"]["predictor"]["minReplicas"] == 0
    assert service["metadata"]["annotations"]["serving.kserve.io/deploymentMode"] == "Knative"


def test_a_location_that_is_known_late_is_refused() -> None:
    asyncio.set_event_loop(asyncio.new_event_loop())
    late = pulumi.Output.from_input("pvc://models/it")
    with pytest.raises(InputError, match="known only when resources are made") as refused:
        plan("kubernetes", "c7g.xlarge", VECTORS, artifacts=late)
    assert refused.value.field == "artifacts"


def test_a_region_in_a_bucket_is_replaced() -> None:
    registered = made(
        GkeService,
        plan(
            "gke", "g2-standard-4", CHAT, "europe-west4",
            gke=EUROPE, artifacts="gs://models-{region}/it", service_account="reader",
        ),
    )  # fmt: skip
    attributes = pod_of(registered)["volumes"][0]["csi"]["volumeAttributes"]
    assert attributes["bucketName"] == "models-europe-west4"
    assert registered.inputs["chat-reads"]["bucket"] == "models-europe-west4"


def test_a_grant_on_eks_ends_with_its_folder() -> None:
    registered = made(
        EksService,
        plan(
            "eks", "c7g.xlarge", VECTORS, eks=EKS, artifacts="s3://models/a", service_account="it"
        ),
    )
    policy = json.loads(registered.inputs["vectors-access"]["policy"])
    assert policy["Statement"][0]["Resource"] == "arn:aws:s3:::models/a/*"


def test_a_pool_of_several_zones_never_begins_with_more_than_it_may_grow_to() -> None:
    """``initialNodeCount`` is for each zone, the ceiling for all of them."""
    of_region = {key: value for key, value in EUROPE.items() if key != "zone"}
    found = made(GkeService, plan("gke", "c4a-standard-4", VECTORS, "europe-west4", gke=of_region))
    one = found.inputs["vectors-pool"]
    assert "nodeLocations" not in one
    assert 3 * one["initialNodeCount"] <= one["autoscaling"]["totalMaxNodeCount"]
    region, zone = GkeArgs(location="europe-west4"), GkeArgs(location="europe-west4-a")
    assert [pool._first_machines(region, 1, most) for most in (1, 2, 3)] == [0, 0, 1]
    assert [pool._first_machines(zone, least, 2) for least in (0, 1, 2)] == [0, 1, 2]


def test_names_of_pools_differ_however_long_they_are() -> None:
    name = "a" * 34
    names = [
        name_of(f"{name}{end}-{environment}", f"pool-{n}")
        for end in ("", "b" * 9)
        for environment in ("dev", "prod")
        for n in (0, 1, 10)
    ]
    assert len(set(names)) == len(names)
    assert max(map(len, names)) <= 40
    assert name_of("chat-dev", "pool") == "chat-dev-pool"
