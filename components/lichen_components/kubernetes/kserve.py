"""An InferenceService of KServe, where the cluster has it, in place of a Deployment.

Source: kserve/kserve aaac4e2, ``pkg/constants`` and ``docs``: deployment modes are called Standard
and Knative; the class ``keda`` alone keeps a floor of 0 in Standard mode.
"""

from __future__ import annotations

import pulumi
import pulumi_kubernetes as k8s

from lichen_components.kubernetes.place import ClusterPlace
from lichen_components.kubernetes.pod import pod_spec
from lichen_components.kubernetes.ready import Prepared
from lichen_components.kubernetes.scaling import bounds
from lichen_components.plan import Plan


def inference_service(
    place: ClusterPlace, plan: Plan, ready: Prepared, *after: pulumi.Resource
) -> None:
    """Make it: KServe makes Deployment, Service and scaler from it."""
    least, most = bounds(plan.decision)
    pod = pod_spec(place, plan, ready.args, ready.row, ready.server, ready.files)
    of_pod = {
        "containers": pod.containers,
        "initContainers": pod.init_containers,
        "volumes": pod.volumes,
        "nodeSelector": pod.node_selector,
        "tolerations": pod.tolerations,
        "topologySpreadConstraints": pod.topology_spread_constraints,
        "serviceAccountName": pod.service_account_name,
        "automountServiceAccountToken": pod.automount_service_account_token,
        "imagePullSecrets": pod.image_pull_secrets,
        "securityContext": pod.security_context,
        "terminationGracePeriodSeconds": pod.termination_grace_period_seconds,
    }
    k8s.apiextensions.CustomResource(
        place.child("service"),
        api_version="serving.kserve.io/v1beta1",
        kind="InferenceService",
        metadata=place.metadata(
            **{
                "serving.kserve.io/deploymentMode": "Knative" if least == 0 else "Standard",
            }
        ),
        spec={
            "predictor": {
                "minReplicas": least,
                "maxReplicas": most,
                **{name: value for name, value in of_pod.items() if value is not None},
            }
        },
        opts=place.under(*after),
    )
