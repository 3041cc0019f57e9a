"""A function on arm64 and all that it needs: nothing is chosen here."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import pulumi
import pulumi_aws as aws

from lichen_components.args import EndpointArgs
from lichen_components.aws.access import Statement, join_network, use_keys, write_logs
from lichen_components.aws.account import account_of
from lichen_components.aws.args import AwsArgs, FunctionArgs, aws_args
from lichen_components.aws.bundle import bundle, check_bundle
from lichen_components.aws.key import key_of
from lichen_components.aws.lambda_.limits import (
    check_environment,
    check_image,
    check_limits,
    memory_mb,
    timeout_s,
)
from lichen_components.aws.lambda_.watches import charts_of, requests_of, watches
from lichen_components.aws.locations import repository
from lichen_components.aws.monitoring import alarms, logs
from lichen_components.aws.role import role
from lichen_components.aws.sagemaker.endpoint import slow_ms
from lichen_components.aws.sagemaker.scaling import predefined, track
from lichen_components.aws.sagemaker.serverless import READY_SHARE
from lichen_components.aws.serving import check_architecture, check_mode, environment_of
from lichen_components.aws.site import Site, check_name
from lichen_components.aws.topics import with_topics
from lichen_components.errors import input_errors
from lichen_components.hosted import HostedEndpoint
from lichen_components.plan import Plan
from lichen_components.servers.container import Decision

TYPE = "lichen:index:ServingFunction"

ALIAS = "live"
"""What clients call: it names the version that serves, and during a canary the newest beside it."""


class ServingFunction(HostedEndpoint):
    """Function, alias, URL, role, key, log and alarms in the chosen region."""

    def __init__(self, name: str, plan: Plan, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__(TYPE, name, {}, opts)
        decision, args = plan.decision, aws_args(plan.args)
        workload, machine = decision.workload, decision.machine
        asked: FunctionArgs = args.get("function", {})
        environment = environment_of(plan, plan.args)
        with input_errors():
            check_name(name, workload.environment, service="Lambda")
            check_environment(environment)
        site = Site(
            name=name,
            plan=plan,
            parent=self,
            title="Function",
            # Memory changes in place: it is no part of the function's identity.
            made_of=("arm64",),
            log_group=lambda identity: f"/aws/lambda/{identity}",
        )
        account = account_of(self)
        plan = with_topics(site, plan, account)
        args = aws_args(plan.args)
        key = key_of(site, account, args.get("key"))
        log = logs(site, key)
        network = args.get("subnets", []), args.get("security_groups", [])
        its_role, access = role(
            site,
            account,
            service="lambda",
            statements=pulumi.Output.all(account.partition, account.id, [key], network).apply(
                lambda known: _statements(site, *known)
            ),
        )
        function = aws.lambda_.Function(
            site.child("function"),
            name=site.identity,
            role=its_role.arn,
            package_type="Image",
            image_uri=pulumi.Output.from_input(args["image"])
            .apply(input_errors()(partial(repository, region=site.region)))
            .apply(lambda image: image.uri),
            architectures=["arm64"],
            memory_size=memory_mb(machine),
            timeout=timeout_s(decision),
            environment=aws.lambda_.FunctionEnvironmentArgs(variables=environment),
            kms_key_arn=key,
            reserved_concurrent_executions=asked.get("reserved"),
            logging_config=aws.lambda_.FunctionLoggingConfigArgs(
                log_format="JSON", log_group=log.name
            ),
            vpc_config=_network(args),
            publish=True,
            region=site.region,
            tags=site.tags,
            opts=site.under(access),
        )
        alias = aws.lambda_.Alias(
            site.child("alias-live"),
            name=ALIAS,
            function_name=function.name,
            function_version=asked.get("stable_version") or function.version,
            routing_config=_canary(asked, function),
            region=site.region,
            opts=site.under(),
        )
        url = aws.lambda_.FunctionUrl(
            site.child("url"),
            function_name=function.name,
            qualifier=alias.name,
            # Never NONE: whoever knows the address could call the model.
            authorization_type="AWS_IAM",
            invoke_mode="BUFFERED",
            region=site.region,
            opts=site.under(),
        )
        _callers(site, asked, alias)
        scaled = _kept_ready(site, asked, alias, decision)
        rows = watches(
            site.identity,
            ALIAS,
            slow_ms(decision),
            workload.traffic,
            decision.sizing.replicas_maximum,
            provisioned="provisioned" in asked,
        )
        ringing = alarms(site, rows, args.get("alarm_topic"))
        beside = bundle(
            site,
            args,
            serves_as=function.name,
            url=url.function_url,
            key=key,
            requests=requests_of(site.identity, ALIAS),
            charts=charts_of(site.identity, ALIAS),
            scaled=scaled,
            after=[url, *ringing.values()],
            advice=_advice(site),
        )
        self.gives(
            name=function.name,
            identifier=alias.arn,
            url=url.function_url,
            machine=machine.name,
            bundle=beside,
        )

    @staticmethod
    def check(decision: Decision, args: EndpointArgs) -> None:
        """:class:`InputError` where Lambda cannot do what was decided, or lacks an argument."""
        ours = aws_args(args)
        check_mode(decision, "a function")
        check_image(ours)
        check_architecture(ours, decision)
        check_limits(decision, ours)
        ready = ours.get("function", {}).get("provisioned")
        check_bundle(
            ours,
            1,
            region=decision.placement.chosen.region,
            unscheduled=""
            if ready
            else "only copies that are kept ready change by the clock, and "
            "there are none: function.provisioned says how many",
        )


def _statements(
    site: Site,
    partition: str,
    account: str,
    keys: Sequence[str],
    network: tuple[list[str], list[str]],
) -> list[Statement]:
    """What the function may do: write its log, and join the network that it is given.

    Lambda itself pulls the image, in the name of its service.
    """
    subnets, groups = network
    allowed = [
        *write_logs(partition, site.region, account, site.log_group_name),
        *use_keys(keys),
    ]
    if subnets:
        allowed += join_network(partition, site.region, account, subnets, groups)
    return allowed


def _network(args: AwsArgs) -> aws.lambda_.FunctionVpcConfigArgs | None:
    subnets = args.get("subnets")
    if not subnets:
        return None
    return aws.lambda_.FunctionVpcConfigArgs(
        subnet_ids=subnets, security_group_ids=args.get("security_groups", [])
    )


def _canary(
    asked: FunctionArgs, function: aws.lambda_.Function
) -> aws.lambda_.AliasRoutingConfigArgs | None:
    """The newest version's share of requests, beside the stable one."""
    share = asked.get("canary_share")
    if share is None:
        return None
    return aws.lambda_.AliasRoutingConfigArgs(
        additional_version_weights=function.version.apply(lambda version: {version: share})
    )


def _callers(site: Site, asked: FunctionArgs, alias: aws.lambda_.Alias) -> None:
    """Other accounts and roles that may call the URL: both rights that this takes since 2025
    (Lambda Developer Guide, "Control access to Lambda function URLs")."""
    for n, caller in enumerate(asked.get("callers", [])):
        for role_of, action in (
            ("url", "lambda:InvokeFunctionUrl"),
            ("function", "lambda:InvokeFunction"),
        ):
            through_url = action == "lambda:InvokeFunction"
            aws.lambda_.Permission(
                site.child(f"caller-{n + 1}-{role_of}"),
                action=action,
                function=alias.function_name,
                qualifier=alias.name,
                principal=caller,
                function_url_auth_type=None if through_url else "AWS_IAM",
                invoked_via_function_url=True if through_url else None,
                region=site.region,
                opts=site.under(),
            )


def _kept_ready(
    site: Site, asked: FunctionArgs, alias: aws.lambda_.Alias, decision: Decision
) -> aws.appautoscaling.Policy | None:
    """Copies that wait with the model loaded, paid whether they answer or not: more of them while
    most are at work, up to those of the peak."""
    copies = asked.get("provisioned")
    if not copies:
        return None
    ready = aws.lambda_.ProvisionedConcurrencyConfig(
        site.child("ready"),
        function_name=alias.function_name,
        qualifier=alias.name,
        provisioned_concurrent_executions=copies,
        region=site.region,
        # Scaling sets their number; an `up` is not to set it back.
        opts=pulumi.ResourceOptions.merge(
            site.under(), pulumi.ResourceOptions(ignore_changes=["provisionedConcurrentExecutions"])
        ),
    )
    target = aws.appautoscaling.Target(
        site.child("capacity"),
        service_namespace="lambda",
        resource_id=pulumi.Output.concat("function:", alias.function_name, ":", alias.name),
        scalable_dimension="lambda:function:ProvisionedConcurrency",
        min_capacity=copies,
        max_capacity=max(copies, decision.sizing.replicas_maximum),
        region=site.region,
        tags=site.tags,
        opts=site.under(ready),
    )
    return track(
        site,
        target,
        predefined("LambdaProvisionedConcurrencyUtilization"),
        READY_SHARE,
        start_s=decision.sizing.start_up_s,
    )


def _advice(site: Site) -> list[str]:
    return [
        f"What serves now: aws lambda get-alias --function-name {site.identity} --name {ALIAS} "
        f"--region {site.region}",
        "A canary: set function.stable_version to the version that serves and "
        "function.canary_share to the newest one's share; a second `pulumi up` without the two "
        "gives it all requests. To go back, name the version before in function.stable_version.",
    ]
