"""A managed group of machines on Axion, an L4 or a TPU, behind an internal load balancer."""

from __future__ import annotations

import math
from dataclasses import replace

import pulumi
from pulumi_gcp import compute
from pulumi_gcp import serviceaccount as accounts

from lichen.document import InputError
from lichen_components.args import EndpointArgs
from lichen_components.errors import input_errors
from lichen_components.extras import no_bundle
from lichen_components.google.access import (
    account,
    key_of,
    pull_images,
    read_files,
    use_key,
    write_logs,
)
from lichen_components.google.alerts import Alert, alerts, budget, of_requests
from lichen_components.google.args import GoogleArgs, google_args
from lichen_components.google.checks import checked, refuse
from lichen_components.google.container import HEALTH, arguments, variables
from lichen_components.google.files import FilesAt, files_of
from lichen_components.google.images import image_of
from lichen_components.google.logs import logs
from lichen_components.google.machines import boot_of, chips_of, zones_of
from lichen_components.google.site import GoogleSite, check_name
from lichen_components.google.start import StartUp, script
from lichen_components.hosted import HostedEndpoint
from lichen_components.plan import Plan
from lichen_components.servers.container import Decision

TYPE = "lichen:index:ManagedGroup"

_CHECKERS = ("35.191.0.0/16", "130.211.0.0/22")
"""Where Google's health checks come from (Cloud Load Balancing, "Firewall rules"). Without a way
in for them a healthy group is replaced for ever."""
_SCOPE = "https://www.googleapis.com/auth/cloud-platform"
_SYSTEM_GIB = 30
_UTILISATION = 0.9
"""At which share of its planned requests a machine gets company (design choice)."""
_LONGEST_DELAY_S = 3600
_SHORTEST_SCHEDULE_S = 300
_PICKED_ZONES = 3
"""Zones that Google spreads a group over where none is named."""


class ManagedGroup(HostedEndpoint):
    """Template, group, autoscaler, health check and its way in, load balancer, account, alerts."""

    def __init__(self, name: str, plan: Plan, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(TYPE, name, {}, opts)
        decision = plan.decision
        with input_errors():
            check_name(name, decision.workload.environment)
            zones = zones_of(
                decision.machine,
                plan.region,
                decision.workload.availability.zones,
                google_args(plan.args),
                plan.catalogue,
            )
        site = GoogleSite.of(name, plan, self, title="Machine group")
        who = account(site)
        files = files_of(site.args, site.region)
        grants = [
            *read_files(site, who, files),
            *write_logs(site, who),
            *pull_images(site, who),
            *use_key(site, "compute-system"),
        ]
        template = _template(site, plan, who, files, grants)
        health = _health(site, plan)
        _way_in(site, plan, who)
        group = _group(site, plan, template, health, zones)
        _scale(site, plan, group)
        rule = _balance(site, plan, group, health)
        logs(site, _of_the_machines(site))
        alerts(site, _watches(site, decision))
        budget(site)
        self.gives(
            name=group.name,
            identifier=group.id,
            url=rule.ip_address.apply(lambda address: f"http://{address}"),
            machine=decision.machine.name,
            bundle=replace(
                no_bundle(),
                key=key_of(site),
                runbook=pulumi.Output.from_input(_runbook(site)),
            ),
        )

    @staticmethod
    def check(decision: Decision, args: EndpointArgs) -> None:
        """:class:`InputError` where a group cannot do what was decided, or lacks an argument."""
        ours = checked(decision, args, "a group of machines")
        refuse(ours, secrets="a group of machines takes no secrets")
        boot_of(decision.machine, ours)
        check_network(ours)
        if not ours.get("proxy_ranges"):
            raise InputError(
                "is required for a group of machines: an internal load balancer sends from the "
                "region's proxy-only subnet",
                fix="add google: {proxy_ranges: [10.129.0.0/23]}, the range of yours",
                field="google.proxy_ranges",
            )
        _check_schedules(ours)


def check_network(args: GoogleArgs) -> None:
    """:class:`InputError` where machines would have no network: the default one is not taken."""
    for field, example in (
        ("network", "projects/<project>/global/networks/<network>"),
        ("subnetwork", "<subnetwork>"),
    ):
        if field not in args:
            raise InputError(
                "is required for machines on Google Cloud", fix=example, field=f"google.{field}"
            )


def _check_schedules(args: GoogleArgs) -> None:
    for n, schedule in enumerate(args.get("schedules") or []):
        if len(schedule.get("at", "").split()) != 5:
            raise InputError(
                "is cron of five fields",
                fix='such as "0 7 * * 1-5"',
                field=f"google.schedules[{n}].at",
            )
        if 3600 * schedule.get("hours", 0) < _SHORTEST_SCHEDULE_S:
            raise InputError(
                "is how long the floor holds: five minutes at least",
                fix="such as 10",
                field=f"google.schedules[{n}].hours",
            )


def _template(
    site: GoogleSite,
    plan: Plan,
    who: accounts.Account,
    files: pulumi.Output[FilesAt],
    grants: list[pulumi.Resource],
) -> compute.RegionInstanceTemplate:
    machine, server = plan.decision.machine, plan.container.server
    boot = boot_of(machine, site.args)
    image = image_of(plan, site.args)
    given = plan.args.get("environment", {})
    started = pulumi.Output.all(image, files, given).apply(
        lambda known: script(
            StartUp(
                server=server,
                image=known[0],
                arguments=arguments(plan, known[1]),
                variables={**variables(plan, known[1]), **known[2]},
                files=known[1],
                chips=chips_of(machine),
            )
        )
    )
    spot = plan.decision.placement.chosen.sold == "spot"
    files_gib = math.ceil(plan.decision.sizing.artifact_bytes / 2**30)
    return compute.RegionInstanceTemplate(
        site.child("template"),
        name_prefix=f"{site.identity}-",
        region=site.region,
        project=site.project,
        machine_type=machine.name,
        disks=[
            compute.RegionInstanceTemplateDiskArgs(
                boot=True,
                auto_delete=True,
                source_image=boot.image,
                disk_type=boot.disk,
                disk_size_gb=_SYSTEM_GIB + 2 * files_gib,
                disk_encryption_key=(
                    compute.RegionInstanceTemplateDiskDiskEncryptionKeyArgs(
                        kms_key_self_link=key_of(site)
                    )
                    if "key" in site.args
                    else None
                ),
            )
        ],
        # No access configuration: no machine has a public address.
        network_interfaces=[
            compute.RegionInstanceTemplateNetworkInterfaceArgs(
                network=site.args["network"], subnetwork=site.args["subnetwork"]
            )
        ],
        service_account=compute.RegionInstanceTemplateServiceAccountArgs(
            email=who.email, scopes=[_SCOPE]
        ),
        scheduling=compute.RegionInstanceTemplateSchedulingArgs(
            provisioning_model="SPOT" if spot else "STANDARD",
            preemptible=spot,
            automatic_restart=not spot,
            instance_termination_action="DELETE" if spot else None,
            on_host_maintenance="TERMINATE" if spot else boot.maintenance,
        ),
        shielded_instance_config=compute.RegionInstanceTemplateShieldedInstanceConfigArgs(
            enable_secure_boot=True, enable_vtpm=True, enable_integrity_monitoring=True
        ),
        labels=site.labels,
        metadata={"enable-oslogin": "TRUE", "google-logging-enabled": "true"},
        metadata_startup_script=started,
        opts=site.under(*grants),
    )


def _health(site: GoogleSite, plan: Plan) -> compute.RegionHealthCheck:
    health = HEALTH[plan.container.server]
    return compute.RegionHealthCheck(
        site.child("health"),
        name=site.identity,
        region=site.region,
        project=site.project,
        check_interval_sec=10,
        timeout_sec=5,
        healthy_threshold=2,
        unhealthy_threshold=6,
        http_health_check=compute.RegionHealthCheckHttpHealthCheckArgs(
            port=health.port, request_path=health.path
        ),
        opts=site.under(),
    )


def _way_in(site: GoogleSite, plan: Plan, who: accounts.Account) -> None:
    port = HEALTH[plan.container.server].port
    compute.Firewall(
        site.child("way-in"),
        name=site.identity,
        project=site.project,
        network=site.args["network"],
        description=f"Health checks and the load balancer of {site.identity}.",
        direction="INGRESS",
        allows=[compute.FirewallAllowArgs(protocol="tcp", ports=[str(port)])],
        source_ranges=[*_CHECKERS, *site.args["proxy_ranges"]],
        target_service_accounts=[who.email],
        opts=site.under(),
    )


def _group(
    site: GoogleSite,
    plan: Plan,
    template: compute.RegionInstanceTemplate,
    health: compute.RegionHealthCheck,
    zones: list[str],
) -> compute.RegionInstanceGroupManager:
    spread = len(zones) or _PICKED_ZONES
    # A second accelerator for the time of an update may not be had: outside production none is
    # asked for, and requests wait.
    scarce = bool(plan.decision.machine.accelerator) and site.environment != "prod"
    return compute.RegionInstanceGroupManager(
        site.child("group"),
        name=site.identity,
        region=site.region,
        project=site.project,
        base_instance_name=site.identity,
        versions=[
            compute.RegionInstanceGroupManagerVersionArgs(
                instance_template=template.self_link, name="now"
            )
        ],
        distribution_policy_zones=zones or None,
        distribution_policy_target_shape="EVEN" if len(zones) != 1 else None,
        # No target size: it would fight with the autoscaler.
        auto_healing_policies=compute.RegionInstanceGroupManagerAutoHealingPoliciesArgs(
            health_check=health.self_link,
            initial_delay_sec=min(_LONGEST_DELAY_S, plan.container.start_s),
        ),
        named_ports=[
            compute.RegionInstanceGroupManagerNamedPortArgs(
                name="http", port=HEALTH[plan.container.server].port
            )
        ],
        update_policy=compute.RegionInstanceGroupManagerUpdatePolicyArgs(
            type="PROACTIVE",
            minimal_action="REPLACE",
            max_surge_fixed=0 if scarce else spread,
            max_unavailable_fixed=spread if scarce else 0,
            replacement_method="SUBSTITUTE",
        ),
        opts=site.under(),
    )


def _scale(site: GoogleSite, plan: Plan, group: compute.RegionInstanceGroupManager) -> None:
    sizing = plan.decision.sizing
    least = max(1, sizing.replicas_minimum)
    compute.RegionAutoscaler(
        site.child("scaling"),
        name=site.identity,
        region=site.region,
        project=site.project,
        target=group.self_link,
        autoscaling_policy=compute.RegionAutoscalerAutoscalingPolicyArgs(
            min_replicas=least,
            max_replicas=max(least, sizing.replicas_maximum),
            cooldown_period=min(_LONGEST_DELAY_S, plan.container.start_s),
            load_balancing_utilization=(
                compute.RegionAutoscalerAutoscalingPolicyLoadBalancingUtilizationArgs(
                    target=_UTILISATION
                )
            ),
            scaling_schedules=[
                compute.RegionAutoscalerAutoscalingPolicyScalingScheduleArgs(
                    name=f"schedule-{n + 1}",
                    schedule=schedule["at"],
                    duration_sec=round(3600 * schedule["hours"]),
                    min_required_replicas=schedule["minimum"],
                    time_zone=schedule.get("timezone", "Etc/UTC"),
                )
                for n, schedule in enumerate(site.args.get("schedules") or [])
            ]
            or None,
        ),
        opts=site.under(),
    )


def _balance(
    site: GoogleSite,
    plan: Plan,
    group: compute.RegionInstanceGroupManager,
    health: compute.RegionHealthCheck,
) -> compute.ForwardingRule:
    rps = round(plan.decision.sizing.rps_planned, 3)
    backend = compute.RegionBackendService(
        site.child("backend"),
        name=site.identity,
        region=site.region,
        project=site.project,
        protocol="HTTP",
        port_name="http",
        load_balancing_scheme="INTERNAL_MANAGED",
        timeout_sec=max(60, math.ceil(2 * plan.decision.sizing.prediction.request_ms.high / 1000)),
        connection_draining_timeout_sec=60,
        health_checks=health.self_link,
        backends=[
            compute.RegionBackendServiceBackendArgs(
                group=group.instance_group,
                balancing_mode="RATE",
                max_rate_per_instance=rps,
                capacity_scaler=1,
            )
        ],
        opts=site.under(),
    )
    paths = compute.RegionUrlMap(
        site.child("paths"),
        name=site.identity,
        region=site.region,
        project=site.project,
        default_service=backend.self_link,
        opts=site.under(),
    )
    proxy = compute.RegionTargetHttpProxy(
        site.child("proxy"),
        name=site.identity,
        region=site.region,
        project=site.project,
        url_map=paths.self_link,
        opts=site.under(),
    )
    return compute.ForwardingRule(
        site.child("balancer"),
        name=site.identity,
        region=site.region,
        project=site.project,
        load_balancing_scheme="INTERNAL_MANAGED",
        ip_protocol="TCP",
        port_range="80",
        network=site.args["network"],
        subnetwork=site.args["subnetwork"],
        target=proxy.self_link,
        labels=site.labels,
        opts=site.under(),
    )


def _of_the_machines(site: GoogleSite) -> str:
    """The log entries of its machines, which are named after the group."""
    name = 'labels."compute.googleapis.com/resource_name"'
    return f'resource.type="gce_instance" AND {name}=~"^{site.identity}-"'


def _watches(site: GoogleSite, decision: Decision) -> list[Alert]:
    rule = f'resource.labels.forwarding_rule_name="{site.identity}"'
    return of_requests(
        f'resource.type="internal_http_lb_rule" AND {rule}',
        requests="loadbalancing.googleapis.com/https/internal/request_count",
        failed="metric.labels.response_code_class=500",
        latencies="loadbalancing.googleapis.com/https/internal/total_latencies",
        decision=decision,
    )


def _runbook(site: GoogleSite) -> str:
    where = f"{site.identity} --region {site.region}"
    return "\n".join(
        (
            f"# {site.description}",
            "",
            f"What runs: `gcloud compute instance-groups managed list-instances {where}`.",
            f"What went wrong: `gcloud compute instance-groups managed list-errors {where}`.",
            "A machine that does not answer is replaced; its start-up script's log is in "
            "`google-startup-scripts.service` of the journal.",
            "Quota and capacity are not the same: ZONE_RESOURCE_POOL_EXHAUSTED is for Google to "
            "mend; name other zones (google.zones) meanwhile.",
            "",
        )
    )
