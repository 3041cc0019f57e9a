"""An endpoint of Vertex AI with a container of one's own, as a deployment of Model Garden."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pulumi
from pulumi_gcp.vertex import AiEndpointWithModelGardenDeployment as Deployment
from pulumi_gcp.vertex import (
    AiEndpointWithModelGardenDeploymentDeployConfigArgs as DeployConfig,
)
from pulumi_gcp.vertex import (
    AiEndpointWithModelGardenDeploymentDeployConfigDedicatedResourcesArgs as Dedicated,
)
from pulumi_gcp.vertex import (
    AiEndpointWithModelGardenDeploymentDeployConfigDedicatedResourcesAutoscalingMetricSpecArgs as Metric,  # noqa: E501
)
from pulumi_gcp.vertex import (
    AiEndpointWithModelGardenDeploymentDeployConfigDedicatedResourcesMachineSpecArgs as Spec,
)
from pulumi_gcp.vertex import (
    AiEndpointWithModelGardenDeploymentEndpointConfigArgs as EndpointConfig,
)
from pulumi_gcp.vertex import AiEndpointWithModelGardenDeploymentModelConfigArgs as ModelConfig
from pulumi_gcp.vertex import (
    AiEndpointWithModelGardenDeploymentModelConfigContainerSpecArgs as Container,
)
from pulumi_gcp.vertex import (
    AiEndpointWithModelGardenDeploymentModelConfigContainerSpecEnvArgs as Variable,
)
from pulumi_gcp.vertex import (
    AiEndpointWithModelGardenDeploymentModelConfigContainerSpecPortArgs as Port,
)

from lichen.document import InputError
from lichen_components.args import EndpointArgs
from lichen_components.errors import input_errors
from lichen_components.extras import no_bundle
from lichen_components.google.alerts import Alert, alerts, budget, of_requests
from lichen_components.google.checks import checked, refuse
from lichen_components.google.container import HEALTH, arguments, variables
from lichen_components.google.files import files_of
from lichen_components.google.images import image_of
from lichen_components.google.logs import logs
from lichen_components.google.site import GoogleSite, check_name
from lichen_components.hosted import HostedEndpoint
from lichen_components.plan import Plan
from lichen_components.row import HUGGING_FACE
from lichen_components.servers.container import Decision

TYPE = "lichen:index:ModelGardenEndpoint"

CHIPS: Mapping[str, str] = {
    "NVIDIA L4": "NVIDIA_L4",
    "NVIDIA A100 SXM4 80GB": "NVIDIA_A100_80GB",
    "NVIDIA A100 SXM4 40GB": "NVIDIA_TESLA_A100",
    "NVIDIA H100 SXM 80GB": "NVIDIA_H100_80GB",
}
"""A chip -> Vertex AI's word (API aiplatform v1, MachineSpec.acceleratorType)."""
_ROUTES: Mapping[str, str] = {"vllm": "/v1/completions", "tei": "/embed", "image": "/predict"}
_ONLINE = "aiplatform.googleapis.com/prediction/online"
_BUSY = f"{_ONLINE}/accelerator/duty_cycle"
_BUSY_PERCENT = 60


class ModelGardenEndpoint(HostedEndpoint):
    """The deployment and its endpoint. It promises less than the others: see docs/google.md."""

    def __init__(self, name: str, plan: Plan, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(TYPE, name, {}, opts)
        decision = plan.decision
        with input_errors():
            check_name(name, decision.workload.environment)
        site = GoogleSite.of(name, plan, self, title="Vertex AI endpoint")
        deployed = _deployment(site, plan)
        here = pulumi.Output.concat(
            'resource.type="aiplatform.googleapis.com/Endpoint" AND resource.labels.endpoint_id="',
            deployed.endpoint,
            '"',
        )
        logs(site, here)
        alerts(site, _watches(here, decision))
        budget(site)
        pulumi.log.warn(_LESS, self)
        full = pulumi.Output.all(site.project, deployed.endpoint).apply(
            lambda known: f"projects/{known[0]}/locations/{site.region}/endpoints/{known[1]}"
        )
        # An endpoint with a host of its own takes no requests at the region's shared one
        # (Vertex AI documentation, "Use dedicated public endpoints").
        host = pulumi.Output.all(deployed.endpoint, site.number).apply(
            lambda known: f"{known[0]}.{site.region}-{known[1]}.prediction.vertexai.goog"
        )
        self.gives(
            name=deployed.endpoint,
            identifier=full,
            url=pulumi.Output.concat("https://", host, "/v1/", full, ":rawPredict"),
            machine=decision.machine.name,
            bundle=replace(
                no_bundle(),
                runbook=pulumi.Output.from_input(f"# {site.description}\n\n{_LESS}\n"),
            ),
        )

    @staticmethod
    def check(decision: Decision, args: EndpointArgs) -> None:
        """:class:`InputError` where Vertex AI cannot do what was decided, or lacks an argument."""
        ours = checked(decision, args, "an endpoint of Vertex AI")
        refuse(
            ours,
            key="a deployment of Model Garden takes no key of yours",
            secrets="a deployment of Model Garden takes no secrets",
            schedules="an endpoint of Vertex AI has no floors by the time of day",
        )
        if decision.machine.accelerator not in CHIPS:
            raise InputError(
                f"{decision.machine.name} is not made on Vertex AI by this component",
                fix=f"allow machines with {', '.join(CHIPS)}, or another hosting",
                field="workload.where",
            )


_LESS = (
    "Vertex AI keeps one replica at least, and this deployment has no labels, no key and no "
    "account of yours; `pulumi refresh` sees none of its changes. Quota is charged for the most "
    "replicas."
)


def _watches(here: pulumi.Output[str], decision: Decision) -> list[Alert]:
    """Source: Google Cloud, "Google Cloud metrics", aiplatform."""
    return of_requests(
        here,
        requests=f"{_ONLINE}/response_count",
        failed='metric.labels.response_code=monitoring.regex.full_match("5[0-9]+")',
        latencies=f"{_ONLINE}/prediction_latencies",
        decision=decision,
    )


def _deployment(site: GoogleSite, plan: Plan) -> Deployment:
    decision, server = plan.decision, plan.container.server
    machine, sizing = decision.machine, decision.sizing
    files, health = files_of(site.args, site.region, late=HUGGING_FACE), HEALTH[server]
    ours = files.apply(lambda known: dict(variables(plan, known)))
    given = plan.args.get("environment", {})
    least = max(1, sizing.replicas_minimum)
    return Deployment(
        site.child("endpoint"),
        location=site.region,
        project=site.project,
        hugging_face_model_id=files.apply(lambda known: known.model or None),
        model_config=ModelConfig(
            accept_eula=True,
            model_display_name=site.identity,
            container_spec=Container(
                image_uri=image_of(plan, site.args),
                args=files.apply(lambda known: arguments(plan, known)),
                envs=pulumi.Output.all(ours, given).apply(
                    lambda known: [
                        Variable(name=name, value=value)
                        for name, value in {**known[0], **known[1]}.items()
                    ]
                ),
                ports=[Port(container_port=health.port)],
                predict_route=_ROUTES[server],
                health_route=health.path,
                deployment_timeout=f"{2 * plan.container.start_s}s",
            ),
        ),
        endpoint_config=EndpointConfig(
            endpoint_display_name=site.identity, dedicated_endpoint_enabled=True
        ),
        deploy_config=DeployConfig(
            dedicated_resources=Dedicated(
                machine_spec=Spec(
                    machine_type=machine.name,
                    accelerator_type=CHIPS[machine.accelerator or ""],
                    accelerator_count=round(machine.accelerators),
                ),
                min_replica_count=least,
                max_replica_count=max(least, sizing.replicas_maximum),
                # Without a metric of the chips an endpoint scales by its processors, which a
                # language model leaves idle.
                autoscaling_metric_specs=[Metric(metric_name=_BUSY, target=_BUSY_PERCENT)],
            )
        ),
        opts=site.under(),
    )
