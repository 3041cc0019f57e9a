"""Endpoints in a real Kubernetes by the real engine: up, changed, refreshed, down, nothing left.

Skipped where Kubernetes is not built; `make test-kubernetes` builds it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from lichen_components.site import short

from sandbox.errors import CommandFailed
from sandbox.kubernetes import plugin
from sandbox.kubernetes.cluster import Cluster
from sandbox.kubernetes.nodes import Node, eks_nodes, gke_nodes
from sandbox.world import World, world
from tests.components.clusters import CHAT, OUTSIDE, PHOTOS, VECTORS
from tests.components.test_kubernetes import LONG
from tests.sandbox.kubernetes_here import eks_cluster, needs_kubernetes, running
from tests.stacks.project import CLUSTER_PROGRAM, nothing_to_change, slower_in_place
from tests.stacks.test_deployment import stack

pytestmark = [needs_kubernetes, pytest.mark.xdist_group("kubernetes")]

MODEL = "hf://meta-llama/Llama-3.1-8B"
GKE = {"location": "europe-west4", "pool": False}
POOLED: dict[str, Any] = {"cluster": "serving", "node_role": "NODES", "device_plugin": True}
KARPENTER = {
    "node_role": "KarpenterNodeRole-serving",
    "nodes": "karpenter",
    "discovery": {"karpenter.sh/discovery": "serving"},
    "ami_alias": "al2023@v20260625",
}
SLICE: dict[str, Any] = {
    "hosting": "gke-tpu",
    "machine": "ct5lp-hightpu-4t",
    "workload": {**CHAT, "name": "slice"},
    "given": {"artifacts": MODEL, "gke": {"location": "us-central1", "pool": False}},
}
PARTS: list[dict[str, Any]] = [
    {
        "hosting": "gke",
        "machine": "g2-standard-4",
        "workload": CHAT,
        "region": "europe-west4",
        "given": {"artifacts": MODEL, "gke": GKE},
    },
    {
        "hosting": "eks",
        "machine": "c7g.xlarge",
        "workload": VECTORS,
        "region": "us-east-1",
        "given": {
            "artifacts": "s3://models-{region}/bge/",
            "service_account": "reader",
            "eks": POOLED,
        },
    },
    {
        "hosting": "kubernetes",
        "machine": "c7g.xlarge",
        "workload": PHOTOS,
        "given": {
            "artifacts": "hf://acme/defects",
            "image": "registry.acme.example/defects:3",
            "image_architecture": "arm64",
            "node_selector": {"acme.example/pool": "vision"},
            "tolerations": [{"key": "acme.example/vision", "operator": "Exists"}],
        },
    },
]
NEURON: dict[str, Any] = {
    "hosting": "eks",
    "machine": "inf2.xlarge",
    "workload": {**CHAT, "name": "neuron"},
    "region": "eu-west-3",
    "given": {
        "artifacts": "s3://models-{region}/chat/",
        "service_account": "reader",
        "eks": {**POOLED, "release_version": "1.33.5-20260625"},
    },
}
PLUGIN = {
    "apiVersion": "apps/v1",
    "kind": "DaemonSet",
    "metadata": {"name": "neuron-device-plugin", "namespace": "kube-system"},
    "spec": {
        "selector": {"matchLabels": {"name": "neuron-device-plugin"}},
        "template": {
            "metadata": {"labels": {"name": "neuron-device-plugin"}},
            "spec": {"containers": [{"name": "plugin", "image": "public.ecr.aws/neuron/plugin:2"}]},
        },
    },
}


@pytest.fixture(scope="module")
def here() -> Iterator[tuple[World, Cluster]]:
    with running() as cluster, world(cluster.kubeconfig) as place:
        plugin.install(Path(place.environment["PULUMI_HOME"]))
        cluster.register(_nodes())
        for part in (PARTS[1], NEURON):
            part["given"]["eks"] |= eks_cluster(place.cloud, part["region"], "serving")
        environment = {**place.environment, **cluster.environment()}
        yield replace(place, environment=environment), cluster


def _nodes() -> list[Node]:
    """What GKE and racks of one's own would register. EKS registers its own."""
    driver = {"gpuDriverInstallationConfig": {"gpuDriverVersion": "LATEST"}}
    gpu = {"machineType": "g2-standard-4", "accelerators": [{"acceleratorCount": "1", **driver}]}
    return [
        *gke_nodes("l4", gpu, zone="europe-west4-a", count=2, vcpu=3.9, memory_gib=13.3),
        *gke_nodes(
            "tpu",
            {"machineType": "ct5lp-hightpu-4t"},
            zone="us-central1-a",
            vcpu=111,
            memory_gib=180,
        ),
        *(
            Node(
                f"rack-{n}",
                3.9,
                6.9,
                "arm64",
                {"acme.example/pool": "vision"},
                [{"key": "acme.example/vision", "value": "", "effect": "NoSchedule"}],
            )
            for n in range(3)
        ),
    ]


def test_three_workloads_come_up_change_refresh_clean_and_go(
    here: tuple[World, Cluster], tmp_path: Path
) -> None:
    place, cluster = here
    with stack(place, tmp_path, program=CLUSTER_PROGRAM) as made:
        made.up(parts=PARTS)
        assert made.output("chat") == "http://chat-prod.default.svc.cluster.local"
        runs_on = {
            pod["metadata"]["labels"]["app.kubernetes.io/name"]: pod["spec"]["nodeName"]
            for pod in cluster.api.items("v1", "Pod", "default")
            if pod["spec"].get("nodeName")
        }
        assert [runs_on[name].partition("-")[0] for name in ("chat", "vectors", "photos")] == [
            "gke",
            "eks",
            "rack",
        ]
        # The pods run on the machines that the same `up` made, and nowhere else.
        assert runs_on["vectors"].startswith("eks-vectors-machines")
        (identity,) = place.cloud.client("eks", "us-east-1").list_pod_identity_associations(
            clusterName="serving"
        )["associations"]
        assert (identity["namespace"], identity["serviceAccount"]) == ("default", "reader")

        # The scaler sets the number of pods, and neither a refresh nor an `up` sets it back.
        scaler = next(
            one
            for one in cluster.api.items("autoscaling/v2", "HorizontalPodAutoscaler", "default")
            if one["metadata"]["name"] == "chat-prod"
        )
        assert (scaler["spec"]["minReplicas"], scaler["spec"]["maxReplicas"]) == (1, 2)
        nothing_to_change(place, PARTS, tmp_path)
        deployment = slower_in_place(made, cluster, PARTS, 50_000)
        assert deployment["metadata"]["generation"] > 1
    assert cluster.left("default") == []
    assert not any(name.startswith("eks-") for name in cluster.node_names())
    left = place.cloud.inventory()
    assert set(left) <= {"aws:iam/role:Role"}
    assert left["aws:iam/role:Role"] == ["us-east-1/nodes"]


def test_chips_are_seen_where_the_cluster_has_their_plugin(
    here: tuple[World, Cluster], tmp_path: Path
) -> None:
    """A node group of Inferentia and its pods in one `up`; and a pool by Karpenter."""
    place, cluster = here
    with stack(place, tmp_path, program=CLUSTER_PROGRAM, name="neuron") as made:
        with pytest.raises(CommandFailed, match=r"Insufficient aws\.amazon\.com/neuron"):
            made.up(parts=[NEURON])
        made.destroy()
        cluster.api.apply(PLUGIN, manager="helm")
        vectors = f"vectors-prod-{short('lichen/neuron', 'default')}"
        # Nodes that Karpenter would add, of the machine that its pool names.
        by_hand = {"instanceTypes": ["c7g.xlarge"], "amiType": "AL2023_ARM_64_STANDARD"}
        size = {
            "scalingConfig": {"maxSize": 4},
            "labels": {"app.kubernetes.io/instance": vectors},
        }
        found = eks_nodes("karpenter", by_hand | size, zone="us-east-1a", vcpu=3.9, memory_gib=6.9)
        cluster.register(found)
        pool = {
            **PARTS[1],
            "given": {"artifacts": "hf://BAAI/bge-small-en-v1.5", "eks": KARPENTER},
        }
        made.up(parts=[NEURON, pool])
        runs_on = {
            pod["metadata"]["labels"]["app.kubernetes.io/name"]: pod["spec"]["nodeName"]
            for pod in cluster.api.items("v1", "Pod", "default")
            if pod["spec"].get("nodeName")
        }
        assert runs_on["neuron"].startswith("eks-neuron-machines")
        pools = cluster.api.items("karpenter.sh/v1", "NodePool", None)
        assert [one["metadata"]["name"] for one in pools] == [vectors]
        nothing_to_change(place, [NEURON, pool], tmp_path)
    cluster.forget(node.name for node in found)
    assert cluster.left("default") == []
    assert cluster.api.items("karpenter.sh/v1", "NodePool", None) == []


def test_a_slice_comes_up_only_where_its_topology_is(
    here: tuple[World, Cluster], tmp_path: Path
) -> None:
    place, cluster = here
    with stack(place, tmp_path, program=CLUSTER_PROGRAM, name="slice") as made:
        made.up(parts=[SLICE])
        # Another topology is refused before anything is made; so no pod is ever pending for it.
        wrong = {**SLICE, "given": {**SLICE["given"], "topology": "4x4"}}
        with pytest.raises(CommandFailed, match=r"take topology: 2x2 \(1 x ct5lp-hightpu-4t\)"):
            made.up(parts=[wrong])
        # A label that no node has is found by the scheduler alone, and said in its words.
        lost = {**SLICE, "given": {**SLICE["given"], "node_selector": {"acme.example/row": "9"}}}
        with pytest.raises(CommandFailed, match="didn't match Pod's node affinity/selector"):
            made.up(parts=[lost])
        made.up(parts=[SLICE])
    assert cluster.left("default") == []


ASLEEP: dict[str, Any] = {
    "hosting": "kubernetes",
    "machine": "c7g.xlarge",
    "workload": {
        **PHOTOS,
        "name": "asleep",
        "environment": "dev",
        "availability": {"minimum_replicas": 0},
    },
    "given": {**PARTS[2]["given"], "scaling": {"trigger": OUTSIDE}},
}


def test_what_other_controllers_run_is_taken_by_the_api(
    here: tuple[World, Cluster], tmp_path: Path
) -> None:
    """A slice of two machines and an InferenceService, by their CRDs: LeaderWorkerSet's and
    KServe's controllers are not here, so no pod runs."""
    place, cluster = here
    long: dict[str, Any] = {
        **SLICE,
        "workload": {**LONG, "name": "long"},
        "given": {**SLICE["given"], "topology": "2x4"},
    }
    served = {
        **PARTS[2],
        "workload": {**PHOTOS, "name": "served"},
        "given": {**PARTS[2]["given"], "kserve": True},
    }
    with stack(place, tmp_path, program=CLUSTER_PROGRAM, name="others") as made:
        made.up(parts=[long, served])
        (group,) = cluster.api.items("leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet", "default")
        each = group["spec"]["leaderWorkerTemplate"]
        assert each["size"] == 2
        for role in ("leaderTemplate", "workerTemplate"):
            (container,) = each[role]["spec"]["containers"]
            assert container["resources"]["limits"]["google.com/tpu"] == "4"
        (service,) = cluster.api.items("serving.kserve.io/v1beta1", "InferenceService", "default")
        (container,) = service["spec"]["predictor"]["containers"]
        assert container["image"] == "registry.acme.example/defects:3"
        nothing_to_change(place, [long, served], tmp_path)
    assert cluster.left("default") == []


def test_pods_at_zero_wake_by_a_signal_from_outside(
    here: tuple[World, Cluster], tmp_path: Path
) -> None:
    """KEDA is not here: what it does on its trigger is done by hand, by what the ScaledObject
    says. So it names its target rightly, and nothing else sets the number of pods."""
    place, cluster = here

    def keda(*, active: bool) -> None:
        (scaled,) = cluster.api.items("keda.sh/v1alpha1", "ScaledObject", "default")
        spec = scaled["spec"]
        least = spec["minReplicaCount"]
        target = spec["scaleTargetRef"]
        path = cluster.api.path_of(target["apiVersion"], target["kind"], "default", target["name"])
        cluster.api.call(
            "PATCH",
            f"{path}/scale",
            {"spec": {"replicas": max(1, least) if active else least}},
            kind="application/merge-patch+json",
            fieldManager="keda",
        )
        ends = time.monotonic() + 60
        while bool(nodes_of(cluster, "asleep")) is not active:
            assert time.monotonic() < ends
            time.sleep(0.2)

    with stack(place, tmp_path, program=CLUSTER_PROGRAM, name="asleep") as made:
        made.up(parts=[ASLEEP])
        keda(active=False)
        changed = json.loads(json.dumps(ASLEEP))
        changed["workload"]["latency"]["p95_ms"] = 3_000
        made.up("--refresh", parts=[changed])
        assert nodes_of(cluster, "asleep") == []
        keda(active=True)
        assert [name.partition("-")[0] for name in nodes_of(cluster, "asleep")] == ["rack"]
    assert cluster.left("default") == []


def nodes_of(cluster: Cluster, name: str) -> list[str]:
    """The nodes of a workload's pods that are ready."""
    return [
        pod["spec"]["nodeName"]
        for pod in cluster.api.items("v1", "Pod", "default")
        if pod["metadata"]["labels"]["app.kubernetes.io/name"] == name
        and not pod["metadata"].get("deletionTimestamp")
        and any(
            one["type"] == "Ready" and one["status"] == "True"
            for one in pod.get("status", {}).get("conditions", [])
        )
    ]
