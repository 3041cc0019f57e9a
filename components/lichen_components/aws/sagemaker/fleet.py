"""An endpoint on a fleet of machines: its configuration, its roll-out, and whether that stayed.

Real-time and asynchronous endpoints are both that.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import pulumi
import pulumi_aws as aws
from pulumi_aws.sagemaker import EndpointConfigurationProductionVariantArgs as Variant

from lichen.document import InputError
from lichen_components.aws.args import AwsArgs, aws_args
from lichen_components.aws.locations import objects
from lichen_components.aws.monitoring import Watch, alarm_name
from lichen_components.aws.quota import check_quota
from lichen_components.aws.sagemaker.model import Ground, files_gib, image_for
from lichen_components.aws.sagemaker.rollout import check_rolling_s, rollout, strategy_of
from lichen_components.aws.sagemaker.serving import (
    VERSION_TAG,
    again_s,
    machines_of,
    serving,
    stayed,
    version_of,
)
from lichen_components.aws.sagemaker.settings import check_update_s, machine_image, variables
from lichen_components.aws.sagemaker.variant import machine_of, variant_of
from lichen_components.aws.site import Site
from lichen_components.plan import Plan
from lichen_components.servers.container import Decision

_MOST_ROLLOUT_ALARMS = 10
"""SageMaker API, AutoRollbackConfig.Alarms."""


def check_rollout(decision: Decision, args: AwsArgs) -> None:
    """:class:`InputError` where a change cannot be rolled out as it is asked for."""
    strategy = strategy_of(max(1, decision.sizing.replicas_minimum), args.get("rollout"))
    if "shadow" in args and strategy.way == "rolling":
        raise InputError(
            "rolling exchanges endpoints of one variant alone, and a shadow is a second",
            fix="leave rollout or shadow out",
            field="rollout",
        )
    check_rolling_s(strategy, decision.sizing.start_up_s)
    named = args.get("rollout_alarms")
    if named is not None and not 1 <= len(named) <= _MOST_ROLLOUT_ALARMS:
        raise InputError(
            f"has {len(named)} values; SageMaker takes 1 to {_MOST_ROLLOUT_ALARMS}",
            fix="leave it out for the component's own alarms",
            field="rollout_alarms",
        )


def check_making(plan: Plan) -> None:
    """:class:`InputError` where a change may take longer than Pulumi waits for it, or the account
    may not run as many machines: at most those of the scaling, or those of both versions while one
    takes over from the other."""
    args = aws_args(plan.args)
    artifacts = args.get("artifacts")
    strategy = strategy_of(max(1, plan.decision.sizing.replicas_minimum), args.get("rollout"))
    if isinstance(artifacts, str) and objects(artifacts, plan.region, "artifacts").is_archive:
        check_update_s(files_gib(plan), plan.container, strategy.watched_s)
    if args.get("check_quota", True):
        most = plan.decision.sizing.replicas_maximum
        both = strategy.machines + strategy.beside
        check_quota(
            f"{machine_of(plan)} for endpoint usage",
            max(most, both),
            plan.region,
            why=f" (at most {most} machines, and {both} while a new version takes over)",
        )


def taking_back(site: Site, args: AwsArgs, watches: Iterable[Watch]) -> list[str]:
    """The names of the alarms that take a roll-out back: the user's, else the component's."""
    return args.get("rollout_alarms") or [
        alarm_name(site, watch) for watch in watches if watch.takes_back
    ]


def serve_with(
    site: Site,
    plan: Plan,
    base: Ground,
    alarm_names: Sequence[str],
    *first: pulumi.Resource,
    variant: dict[str, Any] | None = None,
    **configured: Any,
) -> tuple[aws.sagemaker.Endpoint, pulumi.Output[str]]:
    """The endpoint, and its name once it serves with what is configured here.

    It is made after ``first``. ``variant`` has properties of the fleet, and ``configured`` of the
    configuration, beside the common.
    """
    args, sizing = aws_args(plan.args), plan.decision.sizing
    now = serving(site.identity, site.region)
    version = _version(plan, args)
    machines = version.apply(
        lambda known: machines_of(
            now, known, max(1, sizing.replicas_minimum), sizing.replicas_maximum
        )
    )
    fleet = {**variant_of(plan, base.model.name, machines), **(variant or {})}
    configuration = aws.sagemaker.EndpointConfiguration(
        site.child("config"),
        kms_key_arn=base.key,
        production_variants=[Variant(**fleet)],
        region=site.region,
        tags=version.apply(lambda known: {**site.tags, VERSION_TAG: known}),
        opts=site.kept(),
        **{name: value(fleet) if callable(value) else value for name, value in configured.items()},
    )
    strategy = strategy_of(max(1, sizing.replicas_minimum), args.get("rollout"))
    endpoint = aws.sagemaker.Endpoint(
        site.child("endpoint"),
        name=site.identity,
        endpoint_config_name=configuration.name,
        deployment_config=pulumi.Output.all(machines, configuration.name).apply(
            lambda known: rollout(
                strategy.for_fleet(known[0]), alarm_names, extra_s=again_s(now, known[1])
            )
        ),
        region=site.region,
        tags=site.tags,
        opts=site.under(*base.logs, *first),
    )
    return endpoint, stayed(endpoint, configuration, alarm_names, site.region)


def _version(plan: Plan, args: AwsArgs) -> pulumi.Output[str]:
    """What a configuration is made of, the count of machines aside."""
    return pulumi.Output.all(
        image_for(plan, args),
        {**variables(plan.container), **plan.args.get("environment", {})},
        machine_image(plan.container),
        files_gib(plan),
        {name: args.get(name) for name in _OF_A_VERSION},
    ).apply(lambda parts: version_of(*parts))


_OF_A_VERSION = (
    "artifacts",
    "capture",
    "error_topic",
    "failures",
    "requests",
    "results",
    "results_key",
    "security_groups",
    "shadow",
    "subnets",
    "success_topic",
)
"""The arguments that a model or a configuration is made of."""
