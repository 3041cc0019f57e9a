"""A TPU slice of several machines: a LeaderWorkerSet, which starts and ends its pods together.

Sources: kubernetes-sigs/lws 060ab4d, ``docs/examples/vllm/TPU``; vllm-project/vllm,
``examples/online_serving/multi-node-serving.sh``.
"""

from __future__ import annotations

import shlex

import pulumi
import pulumi_kubernetes as k8s

from lichen_components.kubernetes.place import ClusterPlace
from lichen_components.kubernetes.pod import PodServer, template
from lichen_components.kubernetes.ready import Prepared
from lichen_components.kubernetes.scaling import GROUP, bounds, fixed
from lichen_components.plan import Plan

_SCRIPT = "/vllm-workspace/examples/online_serving/multi-node-serving.sh"


def group(
    place: ClusterPlace, plan: Plan, ready: Prepared, *after: pulumi.Resource
) -> k8s.apiextensions.CustomResource:
    """Make the groups: one a replica, as large as the slice has machines."""
    part = ready.row.part
    assert part is not None
    least, _ = bounds(plan.decision)
    serve = shlex.join(["python3", "-m", "vllm.entrypoints.openai.api_server", *_of(ready.server)])
    leads = _shell(
        ready.server,
        f"bash {_SCRIPT} leader --ray_cluster_size=$(LWS_GROUP_SIZE); {serve}",
    )
    works = _shell(ready.server, f"bash {_SCRIPT} worker --ray_address=$(LWS_LEADER_ADDRESS)")
    pods = (place, plan, ready.args, ready.row)
    return k8s.apiextensions.CustomResource(
        place.child("group"),
        api_version=GROUP.api_version,
        kind=GROUP.kind,
        metadata=place.metadata(),
        spec={
            # Where something scales it, the number is the scaler's alone.
            **({"replicas": least} if fixed(plan.decision, ready.args) else {}),
            "leaderWorkerTemplate": {
                "size": part.nodes,
                "restartPolicy": "RecreateGroupOnPodRestart",
                "leaderTemplate": template(*pods, leads, ready.files),
                "workerTemplate": template(*pods, works, ready.files, probed=False),
            },
            "rolloutStrategy": {
                "type": "RollingUpdate",
                "rollingUpdateConfiguration": {"maxSurge": 0, "maxUnavailable": 1},
            },
        },
        opts=place.under(*after),
    )


def _of(server: PodServer) -> tuple[str, ...]:
    return (*server.arguments, "--distributed-executor-backend", "ray")


def _shell(server: PodServer, line: str) -> PodServer:
    return PodServer(
        image=server.image,
        port=server.port,
        health=server.health,
        command=("sh", "-c", line),
        arguments=(),
        environment=server.environment,
    )
