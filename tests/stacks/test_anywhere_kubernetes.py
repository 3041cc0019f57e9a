"""The three workload files of any cloud on Kubernetes, as a user runs them: a real control plane.
And pools of GKE with TPUs and with Axion, whose nodes the same `up` makes.

Skipped where Kubernetes is not built; `make test-kubernetes` builds it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import pytest

from sandbox.errors import CallRefused, CommandFailed
from sandbox.google.world import google_world
from sandbox.kubernetes import plugin
from sandbox.kubernetes.cluster import Cluster
from sandbox.kubernetes.nodes import GPU_TAINT, Node
from sandbox.world import QUIET, World, world
from tests.components import clusters
from tests.components.test_kubernetes import LONG
from tests.sandbox.kubernetes_here import eks_cluster, needs_kubernetes, running
from tests.stacks.project import (
    CLUSTER_PROGRAM,
    PACK,
    PYTHON_PATH,
    copied_to,
    fired,
    google_with_models,
    nothing_to_change,
)
from tests.stacks.test_deployment import stack

pytestmark = [needs_kubernetes, pytest.mark.xdist_group("kubernetes")]

NAMES = ("chat", "embeddings", "images")
FILES = "stacks/workloads/anywhere"

Run = Callable[..., CompletedProcess[str]]


@pytest.fixture(scope="module")
def cluster() -> Iterator[Cluster]:
    with running() as started:
        for vendor in ("nvidia", "neuron"):
            started.api.apply(device_plugin(vendor), manager="helm")
        yield started


@pytest.fixture
def project(tmp_path: Path) -> Path:
    return copied_to(tmp_path)


def pulumi_in(project: Path, place: World, cluster: Cluster) -> Run:
    """The command in a copy of the project, which reaches the cluster and an emulated cloud."""
    plugin.install(Path(place.environment["PULUMI_HOME"]))
    environment = {**place.environment, **cluster.environment(), "PYTHONPATH": PYTHON_PATH}
    # The rules know the cluster's place by the same rows as the placement.
    environment["LICHEN_CONFIG"] = str(project / FILES / "lichen.yaml")
    here = replace(place, environment=environment)

    def run(*command: str, check: bool = True) -> CompletedProcess[str]:
        return here.run("pulumi", *command, cwd=project, check=check)

    return run


def lives(pulumi: Run, cluster: Cluster, project: Path, stack: str) -> dict[str, str]:
    """Up under the pack, changed, refreshed clean; the node of each workload's pod."""
    made = pulumi("up", "--stack", stack, "--skip-preview", *QUIET, *PACK)
    assert fired(made.stdout) == set(), made.stdout
    values = json.loads(pulumi("stack", "output", "--json", "--stack", stack).stdout)
    for name in NAMES:
        assert values[name]["url"] == f"http://{name}-prod.default.svc.cluster.local"
    nodes = nodes_of(cluster)
    pulumi("refresh", "--stack", stack, "--expect-no-changes", *QUIET)

    file = project / FILES / "chat.yaml"
    file.write_text(file.read_text().replace("p95_ms: 25000", "p95_ms: 26000"))
    pulumi("up", "--stack", stack, "--skip-preview", *QUIET)
    deployment = cluster.api.get("/apis/apps/v1/namespaces/default/deployments/chat-prod")
    assert deployment is not None
    assert deployment["metadata"]["annotations"]["lichen.dev/p95-ms"] == "26000"
    assert deployment["status"]["updatedReplicas"] >= 1
    return nodes


def nodes_of(cluster: Cluster) -> dict[str, str]:
    return {
        pod["metadata"]["labels"]["app.kubernetes.io/name"]: pod["spec"]["nodeName"]
        for pod in cluster.api.items("v1", "Pod", "default")
        if pod["spec"].get("nodeName")
    }


def test_on_a_cluster_of_ones_own(place: World, cluster: Cluster, project: Path) -> None:
    """Own rows say what machines there are; the pods go to the nodes that are labelled so."""
    gpu = {"nvidia.com/gpu": 1}
    racks = [
        *(
            Node(f"rack-l40s-{n}", 15, 58, "amd64", labels("rack-l40s"), [GPU_TAINT], gpu)
            for n in range(2)
        ),
        *(Node(f"rack-altra-{n}", 7.5, 28, "arm64", labels("rack-altra")) for n in range(6)),
    ]
    for thing in claim("models"):
        cluster.api.apply(thing, manager="storage")
    cluster.register(racks)
    pulumi = pulumi_in(project, place, cluster)
    pulumi("stack", "init", "racks", "--no-select", "--non-interactive")
    runs_on = lives(pulumi, cluster, project, "racks")
    assert [runs_on[name].rpartition("-")[0] for name in NAMES] == [
        "rack-l40s",
        "rack-altra",
        "rack-altra",
    ]
    pulumi("destroy", "--stack", "racks", "--skip-preview", *QUIET)
    assert cluster.left("default") == []
    cluster.forget(node.name for node in racks)


def test_on_eks(cluster: Cluster, project: Path) -> None:
    """A node group for each, made by the same `up`: its nodes take the pods."""
    with world(cluster.kubeconfig) as place:
        given = eks_cluster(place.cloud, "eu-north-1", "serving")
        pulumi = pulumi_in(project, place, cluster)
        pulumi("stack", "init", "eks", "--no-select", "--non-interactive")
        for n, subnet in enumerate(given["subnets"]):
            at = f"kubernetes.eks.subnets[{n}]"
            pulumi("config", "set", "--stack", "eks", "--path", at, subnet)
        runs_on = lives(pulumi, cluster, project, "eks")
        assert all(runs_on[name].startswith(f"eks-{name}-machines") for name in NAMES)
        pulumi("destroy", "--stack", "eks", "--skip-preview", *QUIET)
        assert cluster.left("default") == []
        assert [name for name in cluster.node_names() if name.startswith("eks-")] == []
        assert place.cloud.inventory() == {"aws:iam/role:Role": ["us-east-1/nodes"]}


def test_on_gke(cluster: Cluster, project: Path) -> None:
    """A node pool for each."""
    with google_with_models() as place:
        place.cloud.attach("serving", cluster.api.server, cluster.api.token)
        pulumi = pulumi_in(project, place, cluster)
        pulumi("stack", "init", "gke", "--no-select", "--non-interactive")
        runs_on = lives(pulumi, cluster, project, "gke")
        assert all(runs_on[name].startswith(f"gke-{name}-prod-") for name in NAMES)
        pulumi("destroy", "--stack", "gke", "--skip-preview", *QUIET)
        assert cluster.left("default") == []
        assert [name for name in cluster.node_names() if name.startswith("gke-")] == []
        there = {"storage.buckets", "artifactregistry.projects.locations.repositories"}
        assert set(place.cloud.inventory()) <= there


GKE = {**clusters.GKE, "project": "acme-ml"}
MODEL = "hf://meta-llama/Llama-3.1-8B"
POOLS: list[dict[str, Any]] = [
    {
        "hosting": "gke-tpu",
        "machine": "ct5lp-hightpu-4t",
        "workload": {**clusters.CHAT, "name": "chips"},
        "given": {"artifacts": MODEL, "gke": GKE},
    },
    {
        "hosting": "gke-tpu",
        "machine": "ct5lp-hightpu-4t",
        "workload": {**LONG, "name": "slice"},
        "given": {"artifacts": MODEL, "gke": GKE, "topology": "2x4"},
    },
    {
        "hosting": "gke",
        "machine": "c4a-standard-4",
        "workload": clusters.VECTORS,
        "region": "us-central1",
        "given": {"artifacts": "hf://BAAI/bge-small-en-v1.5", "gke": GKE},
    },
]
"""A machine of four chips, a slice of two such machines, and machines with Axion."""


def test_pools_of_tpus_and_axion_on_gke(cluster: Cluster, tmp_path: Path) -> None:
    """Each workload's pods run on the nodes of its own pool, which the same `up` makes."""
    with google_world() as place:
        plugin.install(Path(place.environment["PULUMI_HOME"]))
        place.cloud.attach("serving", cluster.api.server, cluster.api.token)
        here = replace(place, environment={**place.environment, **cluster.environment()})
        with stack(here, tmp_path, program=CLUSTER_PROGRAM, name="pools") as made:
            wrong = {**POOLS[0], "given": {**POOLS[0]["given"], "topology": "4x4"}}
            with pytest.raises(CommandFailed, match=r"take topology: 2x2 \(1 x ct5lp-hightpu-4t\)"):
                made.up(parts=[wrong])
            assert place.cloud.inventory() == {}

            made.up(parts=POOLS)
            pools = place.cloud.inventory()["container.projects.locations.clusters.nodePools"]
            assert len(pools) == 4  # the slice's second copy has a pool of its own, empty
            for pod in pods_of_group(cluster, "slice"):
                cluster.api.apply(pod, manager="leaderworkerset")
            runs_on = until_all_run(cluster, {"chips": 1, "slice": 2, "vectors": 1})
            for name, nodes in runs_on.items():
                assert all(node.startswith(f"gke-{name}-prod-") for node in nodes)
            assert len(runs_on["slice"]) == 2  # each pod has the chips of a machine
            shapes = {
                found["metadata"]["labels"].get("cloud.google.com/gke-tpu-topology"): found
                for found in cluster.api.items("v1", "Node", None)
            }
            assert set(shapes) == {"2x2", "2x4", None}
            assert shapes[None]["metadata"]["labels"]["kubernetes.io/arch"] == "arm64"

            # A topology that its machines cannot have is refused by Google itself.
            parent = pools[0].rpartition("/nodePools/")[0]
            pool = {
                "name": "odd",
                "initialNodeCount": 1,
                "config": {"machineType": "ct5lp-hightpu-4t"},
                "placementPolicy": {"type": "COMPACT", "tpuTopology": "2x3"},
            }
            with pytest.raises(CallRefused, match="2x3"):
                place.cloud.call("POST", f"container.v1/v1/{parent}/nodePools", {"nodePool": pool})

            nothing_to_change(here, POOLS, tmp_path)
            for pod in pods_of_group(cluster, "slice"):
                cluster.api.call(
                    "DELETE", f"/api/v1/namespaces/default/pods/{pod['metadata']['name']}"
                )
        assert cluster.left("default") == []
        assert [name for name in cluster.node_names() if name.startswith("gke-")] == []
        assert place.cloud.inventory() == {}


def pods_of_group(cluster: Cluster, name: str) -> list[dict[str, Any]]:
    """What LeaderWorkerSet's controller would make: a leader's pod, and those of its workers."""
    (group,) = cluster.api.items("leaderworkerset.x-k8s.io/v1", "LeaderWorkerSet", "default")
    each = group["spec"]["leaderWorkerTemplate"]
    templates = [each["leaderTemplate"], *[each["workerTemplate"]] * (each["size"] - 1)]
    return [
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                **template.get("metadata", {}),
                "name": f"{name}-{n}",
                "namespace": "default",
            },
            "spec": template["spec"],
        }
        for n, template in enumerate(templates)
    ]


def until_all_run(cluster: Cluster, wanted: dict[str, int]) -> dict[str, set[str]]:
    """The nodes of each workload's pods, once so many of them have one."""
    ends = time.monotonic() + 60
    while True:
        found: dict[str, set[str]] = {name: set() for name in wanted}
        for pod in cluster.api.items("v1", "Pod", "default"):
            node = pod["spec"].get("nodeName")
            if node:
                found[pod["metadata"]["labels"]["app.kubernetes.io/name"]].add(node)
        if all(len(found[name]) >= count for name, count in wanted.items()):
            return found
        assert time.monotonic() < ends, found
        time.sleep(0.2)


def labels(machine: str) -> dict[str, str]:
    """As a team labels its own nodes: stacks/Pulumi.racks.yaml names them."""
    return {"acme.example/machine": machine, "topology.kubernetes.io/region": "lyon"}


def claim(name: str) -> list[dict[str, Any]]:
    """A volume with a claim of it that a cluster's own controller has bound."""
    common: dict[str, Any] = {"accessModes": ["ReadOnlyMany"], "storageClassName": ""}
    place = {"server": "nfs.acme.example", "path": "/models"}
    size = {"storage": "100Gi"}
    bound = {"pv.kubernetes.io/bind-completed": "yes"}
    return [
        {
            "apiVersion": "v1",
            "kind": "PersistentVolume",
            "metadata": {"name": name},
            "spec": {**common, "capacity": size, "nfs": place},
        },
        {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"name": name, "namespace": "default", "annotations": bound},
            "spec": {**common, "resources": {"requests": size}, "volumeName": name},
        },
    ]


def device_plugin(vendor: str) -> dict[str, Any]:
    """What Helm would install, as far as the emulated clouds look for it."""
    named, name = {"name": vendor}, f"{vendor}-device-plugin"
    return {
        "apiVersion": "apps/v1",
        "kind": "DaemonSet",
        "metadata": {"name": name, "namespace": "kube-system"},
        "spec": {
            "selector": {"matchLabels": named},
            "template": {
                "metadata": {"labels": named},
                "spec": {"containers": [{"name": "plugin", "image": f"acme.example/{name}:1"}]},
            },
        },
    }
