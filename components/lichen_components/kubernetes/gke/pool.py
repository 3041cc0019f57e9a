"""A pool of a GKE cluster for one endpoint: TPUs, Axion or GPUs, and the pods on it.

Sources: GKE documentation, "Deploy TPU workloads in GKE Standard" (placement, whole slices, the
autoscaler's bounds), "Run GPUs in GKE Standard node pools" (drivers), "Use Workload Identity
Federation for GKE" (members), vllm-project/ci-infra#545 and keras-team/kinetic#88 (bounds of a
slice's pool).
"""

from __future__ import annotations

from collections.abc import Sequence

import pulumi
import pulumi_gcp as gcp

from lichen.document import InputError
from lichen_components.args import EndpointArgs
from lichen_components.google.machines import HYPERDISK, HYPERDISK_ALONE
from lichen_components.kubernetes.args import GkeArgs, KubernetesArgs, kubernetes_args
from lichen_components.kubernetes.nodes import NodeRow, gpu_label
from lichen_components.kubernetes.place import ClusterPlace
from lichen_components.kubernetes.ready import Prepared
from lichen_components.kubernetes.scaling import bounds, most_machines
from lichen_components.kubernetes.serving import OWN_CLUSTER, ClusterService, check
from lichen_components.plan import Plan
from lichen_components.row import GCS
from lichen_components.servers.container import Decision
from lichen_components.site import short

_BY_POLICY = "tpu7x-"
"""Machines whose slices are made by a workload policy (GKE documentation, "Ironwood (TPU7x)")."""
_ZONES = 3
"""Of a region, over which a pool without zones of its own spreads (GKE documentation, "Regional
clusters")."""
_LONGEST = 40
"""Of a pool's name (GKE API, NodePool.name)."""


class GkeService(ClusterService):
    """A node pool in the GKE cluster that is given, and what serves on it."""

    TYPE = "lichen:index:GkeService"

    def check_machines(self, plan: Plan, ready: Prepared) -> None:
        _check_place(_gke(ready.args), plan, ready.row)

    def makes_machines(self, args: KubernetesArgs) -> bool:
        return bool(_gke(args).get("pool", True))

    def machines(
        self, place: ClusterPlace, plan: Plan, ready: Prepared
    ) -> Sequence[pulumi.Resource]:
        ours = _gke(ready.args)
        pools = [] if not ours.get("pool", True) else _pools(place, plan, ours, ready.row)
        _may_read(place, plan, ready.args, ours)
        return pools

    def cluster_of(self, args: KubernetesArgs) -> pulumi.Input[str]:
        return _gke(args).get("cluster", "")

    @staticmethod
    def check(decision: Decision, args: EndpointArgs) -> None:
        """:class:`InputError` where a pool cannot do what was decided, or lacks an argument."""
        ours = kubernetes_args(args)
        check(decision, ours)
        if _gke(ours).get("pool", True):
            _required(_gke(ours), "cluster", "project", "location", "node_account")
        if str(ours.get("artifacts", "")).startswith(GCS):
            _required(_gke(ours), "project", "project_number")
            if "service_account" not in ours:
                raise InputError(
                    "is required with gs://: what reads the bucket is an account of the pods'",
                    fix="add service_account: <a ServiceAccount of the namespace>",
                    field="kubernetes.service_account",
                )


def _gke(args: KubernetesArgs) -> GkeArgs:
    return args.get("gke", {})


def _required(ours: GkeArgs, *names: str) -> None:
    for name in names:
        if name not in ours:
            raise InputError(
                "is required for a placement on GKE",
                fix=f"add gke: {{{name}: ...}} to kubernetes, or take another hosting in "
                f"where.hosting; {OWN_CLUSTER}",
                field=f"kubernetes.gke.{name}",
            )


def _check_place(ours: GkeArgs, plan: Plan, row: NodeRow) -> None:
    """The placement is where the cluster is, and a TPU in a zone that is named."""
    location = ours.get("location", plan.region)
    region = location if location.count("-") == 1 else location.rpartition("-")[0]
    if region != plan.region:
        raise InputError(
            f"the cluster is in {location}, and the placement in {plan.region}",
            fix=f"allow the cluster's region alone: where: {{regions: [{region}]}}",
            field="workload.where.regions",
        )
    if row.part is not None and "zone" not in ours and ours.get("pool", True):
        raise InputError(
            "is required for TPUs: few zones of a region have them",
            fix=f"add zone, such as {plan.region}-b: gcloud compute tpus locations list",
            field="kubernetes.gke.zone",
        )


def _pools(place: ClusterPlace, plan: Plan, ours: GkeArgs, row: NodeRow) -> list[pulumi.Resource]:
    """One pool; of a slice of several machines one for each replica, for such a pool is whole."""
    least, most = bounds(plan.decision)
    several = row.part is not None and row.part.nodes > 1
    ends = [f"pool-{n}" for n in range(most)] if several else ["pool"]
    together = _together(place, plan, ours, row)
    return [_pool(end, place, plan, ours, row, least, together) for end in ends]


def _together(
    place: ClusterPlace, plan: Plan, ours: GkeArgs, row: NodeRow
) -> gcp.container.NodePoolPlacementPolicyArgs | None:
    """How the machines of a slice are put beside each other: a topology of the pool's own, or of
    TPU7x a workload policy that has it. A machine alone must not name a topology."""
    part, policy = row.part, gcp.container.NodePoolPlacementPolicyArgs
    if part is None or part.nodes == 1:
        return None
    if not part.machine.startswith(_BY_POLICY):
        return policy(type="COMPACT", tpu_topology=part.topology)
    made = gcp.compute.ResourcePolicy(
        place.child("slice"),
        name=name_of(place.machines_name, "slice"),
        project=ours.get("project"),
        region=plan.region,
        workload_policy=gcp.compute.ResourcePolicyWorkloadPolicyArgs(
            type="HIGH_THROUGHPUT", accelerator_topology=part.topology
        ),
        opts=pulumi.ResourceOptions(parent=place.parent),
    )
    return policy(type="COMPACT", policy_name=made.name)


def name_of(identity: str, end: str) -> str:
    """A pool's name in its cluster. One that is too long is cut before its end, and a mark keeps
    it apart from others that begin alike."""
    whole = f"{identity}-{end}"
    if len(whole) <= _LONGEST:
        return whole
    rest = f"-{short(identity)}-{end}"
    return identity[: _LONGEST - len(rest)].rstrip("-") + rest


def _pool(
    end: str,
    place: ClusterPlace,
    plan: Plan,
    ours: GkeArgs,
    row: NodeRow,
    least: int,
    together: gcp.container.NodePoolPlacementPolicyArgs | None,
) -> gcp.container.NodePool:
    part, chosen = row.part, plan.decision.placement.chosen
    several = part is not None and part.nodes > 1
    labels = place.passport_for("google")
    c = gcp.container
    if several and part is not None:
        # By zone: a total of a slice's pool is refused, and its least must be 0.
        autoscaling = c.NodePoolAutoscalingArgs(
            min_node_count=0, max_node_count=part.nodes, location_policy="ANY"
        )
    else:
        autoscaling = c.NodePoolAutoscalingArgs(
            total_min_node_count=least,
            total_max_node_count=most_machines(plan.decision, row),
            location_policy="ANY" if row.resource else "BALANCED",
        )
    return c.NodePool(
        place.child(end),
        name=name_of(place.machines_name, end),
        cluster=ours.get("cluster", ""),
        project=ours.get("project"),
        location=ours.get("location"),
        node_locations=[ours["zone"]] if "zone" in ours else None,
        initial_node_count=part.nodes
        if several and part is not None
        else _first_machines(ours, least, most_machines(plan.decision, row)),
        autoscaling=autoscaling,
        placement_policy=together,
        node_config=_node_config(place, plan, ours, row, labels, chosen.sold == "spot"),
        network_config=c.NodePoolNetworkConfigArgs(enable_private_nodes=True),
        management=c.NodePoolManagementArgs(auto_repair=True, auto_upgrade=True),
        upgrade_settings=None
        if several
        else c.NodePoolUpgradeSettingsArgs(
            strategy="SURGE",
            max_surge=0 if row.scarce else 1,
            max_unavailable=1 if row.scarce else 0,
        ),
        opts=pulumi.ResourceOptions(
            parent=place.parent,
            # The autoscaler's alone once it is made.
            ignore_changes=["initialNodeCount"],
        ),
    )


def _first_machines(ours: GkeArgs, least: int, most: int) -> int:
    """How many machines a pool begins with in each of its zones; the autoscaler adds what lacks
    when the first pods wait. It never begins with more than it may grow to: whether GKE takes that
    away again its documentation does not say."""
    if "zone" in ours or ours.get("location", "").count("-") > 1:
        return least
    return min(1, least) if most >= _ZONES else 0


def _node_config(
    place: ClusterPlace,
    plan: Plan,
    ours: GkeArgs,
    row: NodeRow,
    labels: dict[str, str],
    spot: bool,
) -> gcp.container.NodePoolNodeConfigArgs:
    c, machine = gcp.container, row.machine
    chip = plan.catalogue.accelerator_of(machine)
    return c.NodePoolNodeConfigArgs(
        machine_type=machine.name,
        service_account=ours.get("node_account"),
        oauth_scopes=["https://www.googleapis.com/auth/cloud-platform"],
        spot=ours.get("spot", spot) or None,
        disk_type=HYPERDISK if machine.family in HYPERDISK_ALONE else None,
        disk_size_gb=max(100, 50 + 2 * int(plan.decision.sizing.artifact_bytes / 1e9)),
        boot_disk_kms_key=ours.get("key"),
        labels=place.machines_labels,
        resource_labels=labels,
        guest_accelerators=[
            c.NodePoolNodeConfigGuestAcceleratorArgs(
                type=gpu_label(chip.name),
                count=row.count,
                # Left out, the machine has no driver.
                gpu_driver_installation_config=c.NodePoolNodeConfigGuestAcceleratorGpuDriverInstallationConfigArgs(
                    gpu_driver_version="LATEST"
                ),
            )
        ]
        if chip is not None and chip.kind == "gpu"
        else None,
        # TPU pools must say so themselves.
        reservation_affinity=c.NodePoolNodeConfigReservationAffinityArgs(
            consume_reservation_type="NO_RESERVATION"
        )
        if row.part is not None
        else None,
        taint_config=c.NodePoolNodeConfigTaintConfigArgs(architecture_taint_behavior="ARM")
        if row.architecture == "arm64"
        else None,
        workload_metadata_config=c.NodePoolNodeConfigWorkloadMetadataConfigArgs(
            mode="GKE_METADATA"
        ),
        shielded_instance_config=c.NodePoolNodeConfigShieldedInstanceConfigArgs(
            enable_secure_boot=True, enable_integrity_monitoring=True
        ),
        gvnic=c.NodePoolNodeConfigGvnicArgs(enabled=True),
        gcfs_config=c.NodePoolNodeConfigGcfsConfigArgs(enabled=True),
    )


def _may_read(place: ClusterPlace, plan: Plan, args: KubernetesArgs, ours: GkeArgs) -> None:
    """The pods' own account reads the bucket of the model, and nothing else."""
    location = args.get("artifacts")
    if not isinstance(location, str) or not location.startswith(GCS):
        return
    bucket = location.replace("{region}", plan.region).removeprefix(GCS).partition("/")[0]
    project, number = ours.get("project", ""), ours.get("project_number", "")
    gcp.storage.BucketIAMMember(
        place.child("reads"),
        bucket=bucket,
        role="roles/storage.objectViewer",
        member=f"principal://iam.googleapis.com/projects/{number}/locations/global/"
        f"workloadIdentityPools/{project}.svc.id.goog/subject/ns/{place.namespace}/sa/"
        f"{args.get('service_account', 'default')}",
        opts=pulumi.ResourceOptions(parent=place.parent),
    )
