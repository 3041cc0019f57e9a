"""A service on Cloud Run, with an accelerator or without, down to no instance at all."""

from __future__ import annotations

import math

import pulumi
import pulumi_gcp as gcp
from pulumi_gcp.cloudrunv2 import ServiceScalingArgs as ServiceScaling
from pulumi_gcp.cloudrunv2 import ServiceTemplateArgs as Template
from pulumi_gcp.cloudrunv2 import ServiceTemplateContainerArgs as Container
from pulumi_gcp.cloudrunv2 import ServiceTemplateContainerEnvArgs as Variable
from pulumi_gcp.cloudrunv2 import ServiceTemplateContainerEnvValueSourceArgs as From
from pulumi_gcp.cloudrunv2 import ServiceTemplateContainerEnvValueSourceSecretKeyRefArgs as Secret
from pulumi_gcp.cloudrunv2 import ServiceTemplateContainerPortsArgs as Port
from pulumi_gcp.cloudrunv2 import ServiceTemplateContainerResourcesArgs as Resources
from pulumi_gcp.cloudrunv2 import ServiceTemplateContainerStartupProbeArgs as Probe
from pulumi_gcp.cloudrunv2 import ServiceTemplateContainerStartupProbeHttpGetArgs as Get
from pulumi_gcp.cloudrunv2 import ServiceTemplateContainerVolumeMountArgs as Mount
from pulumi_gcp.cloudrunv2 import ServiceTemplateNodeSelectorArgs as NodeSelector
from pulumi_gcp.cloudrunv2 import ServiceTemplateScalingArgs as Scaling
from pulumi_gcp.cloudrunv2 import ServiceTemplateVolumeArgs as Volume
from pulumi_gcp.cloudrunv2 import ServiceTemplateVolumeGcsArgs as Bucket
from pulumi_gcp.cloudrunv2 import ServiceTemplateVpcAccessArgs as Access
from pulumi_gcp.cloudrunv2 import ServiceTemplateVpcAccessNetworkInterfaceArgs as Interface

from lichen.document import InputError
from lichen.sizing.waiting import concurrency_of
from lichen_components.args import EndpointArgs
from lichen_components.errors import input_errors
from lichen_components.extras import Bundle
from lichen_components.google.access import (
    account,
    check_invokers,
    key_of,
    read_files,
    read_secrets,
    use_key,
)
from lichen_components.google.alerts import Alert, alerts, budget, of_requests
from lichen_components.google.args import GoogleArgs, google_args
from lichen_components.google.checks import checked
from lichen_components.google.container import HEALTH, arguments, variables
from lichen_components.google.files import DIRECTORY, FilesAt, files_of, in_bucket
from lichen_components.google.images import image_of
from lichen_components.google.logs import logs
from lichen_components.google.site import GoogleSite, check_name
from lichen_components.hosted import HostedEndpoint
from lichen_components.plan import Plan
from lichen_components.promises import longest_s
from lichen_components.servers.container import Decision

TYPE = "lichen:index:RunService"

_LONGEST_NAME = 49
_START_S, _EVERY_S = 240, 10
"""The startup probe ends after 240 s (Cloud Run, "Configure container health checks")."""
_MOST_CONCURRENT, _LONGEST_ANSWER_S = 1000, 3600
_ACCELERATORS = {"L4": "nvidia-l4", "RTX PRO 6000": "nvidia-rtx-pro-6000"}
"""What Cloud Run calls a family of chips."""
_QUOTAS = {"NVIDIA L4": 3}
"""Accelerators that a project gets in a region without asking, without zonal redundancy; one of
any other: the 20 processors that an RTX PRO 6000 needs are all that a project gets (googlecodelabs/
feedback, issue 1856)."""


class RunService(HostedEndpoint):
    """Service, service account, grants, logs and alerts in the chosen region."""

    def __init__(self, name: str, plan: Plan, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(TYPE, name, {}, opts)
        decision = plan.decision
        with input_errors():
            check_name(name, decision.workload.environment, longest=_LONGEST_NAME)
        site = GoogleSite.of(name, plan, self, title="Cloud Run service")
        files = files_of(site.args, site.region)
        who = account(site)
        grants = [
            *read_files(site, who, files),
            *read_secrets(site, who),
            *use_key(site, "serverless-robot-prod"),
        ]
        kept = logs(site, _of_the_service(site))
        service = _service(site, plan, who, files, in_bucket(site.args), [*grants, *kept])
        _let_in(site, service)
        alerts(site, _watches(site, decision))
        budget(site)
        nothing = pulumi.Output.from_input("")
        self.gives(
            name=service.name,
            identifier=service.id,
            url=service.uri,
            machine=decision.machine.name,
            bundle=Bundle(
                key=key_of(site),
                parameter=nothing,
                dashboard=pulumi.Output.all(site.project, service.name).apply(
                    lambda known: (
                        "https://console.cloud.google.com/run/detail/"
                        f"{site.region}/{known[1]}/metrics?project={known[0]}"
                    )
                ),
                runbook=pulumi.Output.from_input(_runbook(site)),
            ),
        )

    @staticmethod
    def check(decision: Decision, args: EndpointArgs) -> None:
        """:class:`InputError` where Cloud Run cannot do what was decided, or lacks an argument."""
        ours = checked(decision, args, "Cloud Run")
        check_invokers(ours)
        if longest_s(decision) > _LONGEST_ANSWER_S:
            raise InputError(
                f"an answer may take {longest_s(decision):,.0f} s, and Cloud Run ends a request "
                f"after {_LONGEST_ANSWER_S:,} s",
                fix="bound latency.p95_ms",
                field="workload.latency.p95_ms",
            )
        if ("network" in ours) != ("subnetwork" in ours):
            missing = "subnetwork" if "network" in ours else "network"
            raise InputError(
                "network and subnetwork belong together",
                fix=f"add {missing}",
                field=f"google.{missing}",
            )
        if decision.machine.accelerator:
            _check_accelerators(decision, args)


def _check_accelerators(decision: Decision, args: EndpointArgs) -> None:
    ours = google_args(args)
    redundant, quota = ours.get("zonal_redundancy", False), _quota(decision, ours)
    if decision.workload.availability.zones > 1 and not redundant:
        raise InputError(
            f"{decision.workload.availability.zones} zones are asked for, and an instance with an "
            "accelerator stays in one without zonal redundancy",
            fix="add google: {zonal_redundancy: true}, for which a quota of its own is needed, or "
            "set availability: {zones: 1}",
            field="workload.availability.zones",
        )
    if decision.sizing.replicas_peak > quota:
        raise InputError(
            f"the peak takes {decision.sizing.replicas_peak} instances with an accelerator, and "
            f"the project may have {quota} in {decision.placement.chosen.region}",
            fix="ask Google for more (Cloud Run Admin API: GPU and CPU allocation per project and "
            f"region), and write google: {{gpu_quota: {decision.sizing.replicas_peak}}}",
            field="google.gpu_quota",
        )


def _quota(decision: Decision, ours: GoogleArgs) -> int:
    """How many accelerators the project may have in the region."""
    return ours.get("gpu_quota", _QUOTAS.get(decision.machine.accelerator or "", 1))


def _service(
    site: GoogleSite,
    plan: Plan,
    who: gcp.serviceaccount.Account,
    files: pulumi.Output[FilesAt],
    mounted: bool,
    needs: list[pulumi.Resource],
) -> gcp.cloudrunv2.Service:
    decision, args = plan.decision, site.args
    sizing, chip = decision.sizing, _accelerator(plan)
    # Where only the time at work is billed, no instance is kept ready unless the workload asks.
    least, most = decision.placement.chosen.replicas_minimum, max(1, sizing.replicas_maximum)
    if chip is not None:
        most = max(least, min(most, _quota(decision, args)))
    network = args.get("network")
    return gcp.cloudrunv2.Service(
        site.child("service"),
        name=site.identity,
        location=site.region,
        project=site.project,
        description=site.description,
        deletion_protection=site.protected,
        ingress="INGRESS_TRAFFIC_ALL" if args.get("public") else "INGRESS_TRAFFIC_INTERNAL_ONLY",
        labels=site.labels,
        scaling=ServiceScaling(min_instance_count=least),
        template=Template(
            containers=[_container(site, plan, files, mounted, chip)],
            node_selector=None if chip is None else NodeSelector(accelerator=chip),
            gpu_zonal_redundancy_disabled=(
                None if chip is None else not args.get("zonal_redundancy", False)
            ),
            # What one instance was sized for: more would queue inside of it and stop scaling.
            max_instance_request_concurrency=min(_MOST_CONCURRENT, concurrency_of(sizing)),
            scaling=Scaling(min_instance_count=least, max_instance_count=most),
            service_account=who.email,
            encryption_key=key_of(site) if "key" in args else None,
            execution_environment="EXECUTION_ENVIRONMENT_GEN2",
            timeout=f"{min(_LONGEST_ANSWER_S, max(60, math.ceil(2 * longest_s(decision))))}s",
            vpc_access=(
                None
                if network is None
                else Access(
                    egress="ALL_TRAFFIC",
                    network_interfaces=[
                        Interface(network=network, subnetwork=args["subnetwork"], tags=[site.name])
                    ],
                )
            ),
            volumes=(
                [
                    Volume(
                        name="model",
                        gcs=Bucket(
                            bucket=files.apply(lambda known: known.bucket),
                            read_only=True,
                            mount_options=files.apply(
                                lambda known: [f"only-dir={known.prefix}"] if known.prefix else []
                            ),
                        ),
                    )
                ]
                if mounted
                else None
            ),
            labels=site.labels,
        ),
        opts=site.under(*needs),
    )


def _accelerator(plan: Plan) -> str | None:
    chip = plan.decision.machine.accelerator
    return None if chip is None else _ACCELERATORS[plan.catalogue.chips[chip].family]


def _container(
    site: GoogleSite, plan: Plan, files: pulumi.Output[FilesAt], mounted: bool, chip: str | None
) -> Container:
    machine, health = plan.decision.machine, HEALTH[plan.container.server]
    limits = {"cpu": f"{machine.vcpu:g}", "memory": f"{machine.memory_gib:g}Gi"}
    if chip is not None:
        limits["nvidia.com/gpu"] = "1"
    ours = files.apply(lambda known: dict(variables(plan, known)))
    given = plan.args.get("environment", {})
    plain = pulumi.Output.all(ours, given).apply(
        lambda known: [
            Variable(name=name, value=value) for name, value in {**known[0], **known[1]}.items()
        ]
    )
    secret = [
        Variable(
            name=name,
            value_source=From(secret_key_ref=Secret(secret=one, version="latest")),
        )
        for name, one in (site.args.get("secrets") or {}).items()
    ]
    return Container(
        image=image_of(plan, site.args),
        args=files.apply(lambda known: arguments(plan, known)),
        envs=plain.apply(lambda known: [*known, *secret]),
        ports=Port(container_port=health.port),
        resources=Resources(limits=limits, cpu_idle=chip is None, startup_cpu_boost=True),
        startup_probe=Probe(
            http_get=Get(path=health.path, port=health.port),
            period_seconds=_EVERY_S,
            timeout_seconds=5,
            failure_threshold=_START_S // _EVERY_S,
        ),
        volume_mounts=[Mount(name="model", mount_path=DIRECTORY)] if mounted else None,
    )


def _let_in(site: GoogleSite, service: gcp.cloudrunv2.Service) -> None:
    for n, member in enumerate(site.args.get("invokers") or []):
        gcp.cloudrunv2.ServiceIamMember(
            site.child("invoker" if not n else f"invoker-{n + 1}"),
            name=service.name,
            location=site.region,
            project=site.project,
            role="roles/run.invoker",
            member=member,
            opts=site.under(),
        )


def _of_the_service(site: GoogleSite) -> str:
    """A filter for what the service's versions say of themselves."""
    named = f'resource.labels.service_name="{site.identity}"'
    return f'resource.type="cloud_run_revision" AND {named}'


def _watches(site: GoogleSite, decision: Decision) -> list[Alert]:
    return of_requests(
        _of_the_service(site),
        requests="run.googleapis.com/request_count",
        failed='metric.labels.response_code_class="5xx"',
        latencies="run.googleapis.com/request_latencies",
        decision=decision,
    )


def _runbook(site: GoogleSite) -> str:
    where = f"--region {site.region}"
    return "\n".join(
        (
            f"# {site.description}",
            "",
            f"What runs: `gcloud run services describe {site.identity} {where}`.",
            f"Its log: `gcloud run services logs read {site.identity} {where}`.",
            "A start that does not end within 240 s is given up: its log says how far it came.",
            "Answers of 429: every instance is busy, and no more may start. Raise the peak of the "
            "workload and run `pulumi up`.",
            "The last version: `gcloud run services update-traffic "
            f"{site.identity} {where} --to-revisions <revision>=100`; the next `pulumi up` undoes "
            "it.",
            "",
        )
    )
