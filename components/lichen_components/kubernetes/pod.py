"""The pod that serves: container, devices, probes, volumes, where it may run."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_kubernetes as k8s

from lichen_components.kubernetes.args import KubernetesArgs
from lichen_components.kubernetes.files import CACHE, PodFiles
from lichen_components.kubernetes.nodes import NodeRow
from lichen_components.kubernetes.place import ClusterPlace
from lichen_components.plan import Plan
from lichen_components.servers.container import MODEL_DIRECTORY, OFFLINE

CONTAINER = "server"
_V1 = k8s.core.v1

_EVERY_S = 10
_LONGER = 3
"""A start may take so many times what is predicted before the pod is ended (design choice)."""
_LEAST_S = 300
_USER = 1000


@dataclass(frozen=True)
class PodServer:
    """What runs in the pod: its image, where it answers, and its command line."""

    image: pulumi.Input[str]
    port: int
    health: str
    command: tuple[str, ...] | None
    arguments: tuple[str, ...]
    environment: Mapping[str, pulumi.Input[str]]


def command_of(plan: Plan, files: PodFiles, port: int) -> tuple[str, ...]:
    """The arguments of a server that we know, by its options; none of an image of the user's."""
    options = dict(plan.container.options)
    if not options:
        return ()
    flags = []
    for name, value in options.items():
        text = value.replace(MODEL_DIRECTORY, files.model)
        flags += [f"--{name}"] if text == "true" else [f"--{name}", text]
    host = "--hostname" if plan.container.server == "tei" else "--host"
    return (*flags, host, "0.0.0.0", "--port", str(port))


def environment_of(
    plan: Plan, variables: Mapping[str, str], files: PodFiles
) -> dict[str, pulumi.Input[str]]:
    """The container's variables, the user's over ours."""
    ours = dict(variables)
    if not files.offline:
        for name in OFFLINE:
            ours.pop(name, None)
    return {**ours, **plan.args.get("environment", {})}


def start_s(plan: Plan) -> int:
    """How many seconds a pod may take until it answers."""
    return max(_LEAST_S, math.ceil(_LONGER * plan.decision.sizing.start_up_s))


def template(
    place: ClusterPlace,
    plan: Plan,
    args: KubernetesArgs,
    row: NodeRow,
    server: PodServer,
    files: PodFiles,
    *,
    probed: bool = True,
) -> k8s.core.v1.PodTemplateSpecArgs:
    """The template of the pods. ``probed``: it answers itself, as a worker of a group does not."""
    return _V1.PodTemplateSpecArgs(
        metadata=k8s.meta.v1.ObjectMetaArgs(
            labels=place.labels, annotations={**place.passport, **files.annotations}
        ),
        spec=pod_spec(place, plan, args, row, server, files, probed=probed),
    )


def pod_spec(
    place: ClusterPlace,
    plan: Plan,
    args: KubernetesArgs,
    row: NodeRow,
    server: PodServer,
    files: PodFiles,
    *,
    probed: bool = True,
) -> k8s.core.v1.PodSpecArgs:
    """One pod."""
    workload = plan.decision.workload
    cache = args.get("compile_cache") if row.part is not None else None
    volumes = [*files.volumes, *_scratch(row), *_cache(cache)]
    return _V1.PodSpecArgs(
        containers=[_container(plan, args, row, server, files, cache, probed)],
        init_containers=list(files.first) or None,
        volumes=volumes or None,
        node_selector={**row.selector, **args.get("node_selector", {})},
        # An empty list is not kept by the cluster: each refresh would find a change.
        tolerations=_tolerations(row, args) or None,
        topology_spread_constraints=[
            _V1.TopologySpreadConstraintArgs(
                topology_key="topology.kubernetes.io/zone",
                max_skew=1,
                when_unsatisfiable="DoNotSchedule"
                if workload.environment == "prod" and workload.availability.zones > 1
                else "ScheduleAnyway",
                label_selector=k8s.meta.v1.LabelSelectorArgs(match_labels=place.selector),
            )
        ],
        service_account_name=args.get("service_account"),
        # Workload Identity and Pod Identity bring tokens of their own.
        automount_service_account_token=False,
        image_pull_secrets=[_V1.LocalObjectReferenceArgs(name=args["pull_secret"])]
        if "pull_secret" in args
        else None,
        security_context=_V1.PodSecurityContextArgs(
            fs_group=_USER,
            seccomp_profile=_V1.SeccompProfileArgs(type="RuntimeDefault"),
            # Devices belong to root in the images of servers for accelerators.
            run_as_non_root=None if row.resource else True,
            run_as_user=None if row.resource else _USER,
        ),
        termination_grace_period_seconds=_grace_s(plan),
    )


def _container(
    plan: Plan,
    args: KubernetesArgs,
    row: NodeRow,
    server: PodServer,
    files: PodFiles,
    cache: str | None,
    probed: bool,
) -> k8s.core.v1.ContainerArgs:
    devices = {row.resource: str(row.count)} if row.resource else {}
    memory = f"{row.memory_mib}Mi"
    env = [_V1.EnvVarArgs(name=name, value=value) for name, value in server.environment.items()]
    env += [
        _V1.EnvVarArgs(name="HF_HOME", value="/tmp/huggingface"),
        _V1.EnvVarArgs(name="HUGGINGFACE_HUB_CACHE", value="/tmp/huggingface/hub"),
    ]
    if "huggingface_secret" in args:
        env.append(
            _V1.EnvVarArgs(
                name="HF_TOKEN",
                value_from=_V1.EnvVarSourceArgs(
                    secret_key_ref=_V1.SecretKeySelectorArgs(
                        name=args["huggingface_secret"], key="token"
                    )
                ),
            )
        )
    mounts = [*files.mounts, _V1.VolumeMountArgs(name="tmp", mount_path="/tmp")]
    if row.resource:
        mounts.append(_V1.VolumeMountArgs(name="shared-memory", mount_path="/dev/shm"))
    if cache is not None:
        mounts.append(_V1.VolumeMountArgs(name="compiled", mount_path=CACHE))
        env.append(_V1.EnvVarArgs(name="VLLM_XLA_CACHE_PATH", value=CACHE))
    return _V1.ContainerArgs(
        name=CONTAINER,
        image=server.image,
        command=list(server.command) if server.command else None,
        args=list(server.arguments) or None,
        env=env,
        ports=[_V1.ContainerPortArgs(name="http", container_port=server.port)] if probed else None,
        resources=_V1.ResourceRequirementsArgs(
            requests={"cpu": f"{row.cpu_m}m", "memory": memory, **devices},
            # No limit of processors: nothing else is on the machine.
            limits={"memory": memory, **devices},
        ),
        volume_mounts=mounts,
        security_context=_V1.SecurityContextArgs(
            allow_privilege_escalation=False,
            capabilities=_V1.CapabilitiesArgs(drop=["ALL"]),
            read_only_root_filesystem=not row.resource,
        ),
        # A start as long as sizing says before anything else counts.
        startup_probe=_probe(server, _EVERY_S, math.ceil(start_s(plan) / _EVERY_S), probed),
        readiness_probe=_probe(server, 5, 3, probed),
        liveness_probe=_probe(server, _EVERY_S, 6, probed),
    )


def _probe(
    server: PodServer, period_s: int, failures: int, probed: bool
) -> k8s.core.v1.ProbeArgs | None:
    if not probed:
        return None
    return _V1.ProbeArgs(
        http_get=_V1.HTTPGetActionArgs(path=server.health, port="http"),
        period_seconds=period_s,
        failure_threshold=failures,
        timeout_seconds=5,
    )


def _scratch(row: NodeRow) -> list[k8s.core.v1.VolumeArgs]:
    scratch = _V1.VolumeArgs(name="tmp", empty_dir=_V1.EmptyDirVolumeSourceArgs())
    shared = _V1.VolumeArgs(
        name="shared-memory", empty_dir=_V1.EmptyDirVolumeSourceArgs(medium="Memory")
    )
    return [scratch, shared] if row.resource else [scratch]


def _cache(claim: str | None) -> list[k8s.core.v1.VolumeArgs]:
    if claim is None:
        return []
    source = _V1.PersistentVolumeClaimVolumeSourceArgs(claim_name=claim)
    return [_V1.VolumeArgs(name="compiled", persistent_volume_claim=source)]


def _tolerations(row: NodeRow, args: KubernetesArgs) -> list[k8s.core.v1.TolerationArgs]:
    """Of the table's taints, written out: a cloud adds some by itself, plain Kubernetes none."""
    own = [
        _V1.TolerationArgs(
            key=taint.key,
            operator="Equal" if taint.value else "Exists",
            value=taint.value or None,
            effect=taint.effect,
        )
        for taint in row.taints
    ]
    theirs = [
        _V1.TolerationArgs(
            key=given.get("key"),
            operator=given.get("operator", "Equal"),
            value=given.get("value"),
            effect=given.get("effect"),
        )
        for given in args.get("tolerations", [])
    ]
    return [*own, *theirs]


def _grace_s(plan: Plan) -> int:
    """A pod that goes finishes what it has begun."""
    p95_ms = plan.decision.workload.latency.p95_ms or 0
    return max(30, math.ceil(p95_ms / 1000) + 10)
