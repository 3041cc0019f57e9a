"""TPUs: groups of machines, and for v5e, which those do not take, single nodes without scaling."""

from __future__ import annotations

from dataclasses import replace

import pulumi
from pulumi_gcp import serviceaccount as accounts
from pulumi_gcp import tpu

from lichen.document import InputError
from lichen_components.args import EndpointArgs
from lichen_components.errors import input_errors
from lichen_components.extras import no_bundle
from lichen_components.google.access import (
    account,
    pull_images,
    read_files,
    write_logs,
)
from lichen_components.google.alerts import budget
from lichen_components.google.args import google_args
from lichen_components.google.checks import checked, refuse
from lichen_components.google.container import HEALTH, arguments, variables
from lichen_components.google.files import FilesAt, files_of
from lichen_components.google.group import ManagedGroup, check_network
from lichen_components.google.images import image_of
from lichen_components.google.machines import zone_of
from lichen_components.google.site import GoogleSite, check_name
from lichen_components.google.start import StartUp, script
from lichen_components.hosted import HostedEndpoint
from lichen_components.plan import Plan
from lichen_components.servers.container import Decision

TYPE = "lichen:index:TpuNodes"

_RUNTIME = "v2-alpha-tpuv5-lite"
_V5E = "ct5lp"


class TpuNodes(HostedEndpoint):
    """As many nodes of TPU v5e as the peak takes, with an account of their own.

    No autoscaling, no health check, no load balancer and no key of the user's: the Cloud TPU API
    has none of these. A spot node that was taken back stays, and must be deleted by hand.
    """

    def __init__(self, name: str, plan: Plan, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(TYPE, name, {}, opts)
        decision = plan.decision
        with input_errors():
            check_name(name, decision.workload.environment)
            zone = zone_of(decision.machine, plan.region, google_args(plan.args), plan.catalogue)
        site = GoogleSite.of(name, plan, self, title="TPU nodes")
        who = account(site)
        files = files_of(site.args, site.region)
        grants = [
            *read_files(site, who, files),
            *write_logs(site, who),
            *pull_images(site, who),
        ]
        nodes = [
            _node(site, plan, who, files, zone, n, grants)
            for n in range(max(1, decision.sizing.replicas_peak))
        ]
        budget(site)
        port = HEALTH[plan.container.server].port
        self.gives(
            name=nodes[0].name,
            identifier=nodes[0].id,
            url=nodes[0].network_endpoints.apply(
                lambda endpoints: f"http://{endpoints[0].ip_address}:{port}"
            ),
            machine=decision.machine.name,
            bundle=replace(no_bundle(), runbook=pulumi.Output.from_input(_runbook(site, zone))),
        )

    @staticmethod
    def check(decision: Decision, args: EndpointArgs) -> None:
        """:class:`InputError` where nodes cannot do what was decided, or lack an argument."""
        ours = checked(decision, args, "a TPU node")
        check_network(ours)
        if decision.workload.environment == "prod":
            raise InputError(
                f"{decision.machine.name} is made as nodes that nobody replaces when they fail, "
                "which is not for production",
                fix="allow TPU v6e (a group of machines), GKE or another hosting in where",
                field="workload.environment",
            )
        refuse(
            ours,
            key="the disk of a TPU node cannot be encrypted with a key of yours",
            secrets="a TPU node takes no secrets",
            schedules="TPU nodes have no floors by the time of day",
        )


def _node(
    site: GoogleSite,
    plan: Plan,
    who: accounts.Account,
    files: pulumi.Output[FilesAt],
    zone: str,
    n: int,
    grants: list[pulumi.Resource],
) -> tpu.V2Vm:
    machine, server = plan.decision.machine, plan.container.server
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
                chips="tpu",
            )
        )
    )
    return tpu.V2Vm(
        site.child("node" if not n else f"node-{n + 1}"),
        name=f"{site.identity}-{n + 1}",
        zone=zone,
        project=site.project,
        description=site.description,
        # Without it the API makes a v2-8, and says nothing.
        accelerator_type=f"v5litepod-{machine.accelerators:.0f}",
        runtime_version=_RUNTIME,
        network_config=tpu.V2VmNetworkConfigArgs(
            network=site.args["network"],
            subnetwork=site.args["subnetwork"],
            enable_external_ips=False,
        ),
        scheduling_config=tpu.V2VmSchedulingConfigArgs(
            spot=plan.decision.placement.chosen.sold == "spot"
        ),
        service_account=tpu.V2VmServiceAccountArgs(email=who.email, scopes=["cloud-platform"]),
        shielded_instance_config=tpu.V2VmShieldedInstanceConfigArgs(enable_secure_boot=True),
        labels=site.labels,
        metadata={"startup-script": started},
        opts=site.under(*grants),
    )


def _runbook(site: GoogleSite, zone: str) -> str:
    return "\n".join(
        (
            f"# {site.description}",
            "",
            f"What runs: `gcloud compute tpus tpu-vm list --zone {zone}`.",
            "A node whose state is PREEMPTED answers nothing and keeps its name and quota: delete "
            "it, then `pulumi refresh` and `pulumi up`.",
            'Error code 8, "no more capacity in the zone", may last for days.',
            "",
        )
    )


class _OfTheMachine:
    """A group of machines, or nodes where no group takes the machine."""

    def __call__(
        self, name: str, plan: Plan, opts: pulumi.ResourceOptions | None = None
    ) -> ManagedGroup | TpuNodes:
        return _maker(plan.decision)(name, plan, opts)

    def check(self, decision: Decision, args: EndpointArgs) -> None:
        """:class:`InputError` of the one that would make it."""
        _maker(decision).check(decision, args)


def _maker(decision: Decision) -> type[ManagedGroup | TpuNodes]:
    return TpuNodes if decision.machine.family == _V5E else ManagedGroup


TpuMachines = _OfTheMachine()
"""What makes TPUs."""
