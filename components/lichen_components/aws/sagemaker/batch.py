"""SageMaker batch transform by the clock: a job a day over what lies in S3, and no endpoint.

A job is an operation and no resource: what is made here is the model that it runs, and the
schedule that starts it. EventBridge Scheduler puts its own number into the job's name.
"""

from __future__ import annotations

import json
import math
from typing import Any

import pulumi
import pulumi_aws as aws

from lichen.document import InputError
from lichen_components.args import EndpointArgs
from lichen_components.aws import access
from lichen_components.aws.access import Statement
from lichen_components.aws.account import account_of
from lichen_components.aws.args import AwsArgs, aws_args
from lichen_components.aws.bundle import bundle, check_bundle
from lichen_components.aws.checks import (
    check_archive,
    check_artifacts_given,
    check_locations,
    check_network,
    check_places_given,
)
from lichen_components.aws.locations import Objects
from lichen_components.aws.monitoring import Watch, alarms
from lichen_components.aws.role import role
from lichen_components.aws.sagemaker.asynchronous import at_once, statements
from lichen_components.aws.sagemaker.endpoint import site_of
from lichen_components.aws.sagemaker.hours import check_hours, runs
from lichen_components.aws.sagemaker.model import ground, located
from lichen_components.aws.sagemaker.variant import machine_of
from lichen_components.aws.site import Site, check_name
from lichen_components.aws.topics import is_heard, with_topics
from lichen_components.hosted import HostedEndpoint
from lichen_components.plan import Plan
from lichen_components.servers.container import Decision

LOGS = "/aws/sagemaker/TransformJobs"
"""The log group of all transform jobs of an account: SageMaker gives it its name."""

EXECUTION = "<aws.scheduler.execution-id>"
_EXECUTION_LENGTH = len("-") + 16
_NAME_LENGTH = 63

_MOST_PAYLOAD_MB, _PAYLOAD_MB = 100, 6
"""SageMaker API, CreateTransformJob: of all requests at once, and of one by default."""

_MOST_REQUEST_S, _RETRIES = 3600, 3


class BatchTransform(HostedEndpoint):
    """Model, role, key, schedule, and a rule that says when a job failed."""

    def __init__(self, name: str, plan: Plan, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("lichen:index:SagemakerBatchTransform", name, {}, opts)
        decision, args, machine = plan.decision, aws_args(plan.args), machine_of(plan)
        check_name(
            name,
            decision.workload.environment,
            service="SageMaker",
            longest=_NAME_LENGTH - _EXECUTION_LENGTH,
        )
        site = site_of(name, plan, machine, self, log_group=lambda _: LOGS)
        account, when = account_of(self), runs(plan, args)
        plan = with_topics(site, plan, account, jobs=True)
        args = aws_args(plan.args)
        requests, results = (
            located(args[field], plan.region, field) for field in ("requests", "results")
        )
        base = ground(
            site,
            plan,
            account,
            own_logs=False,
            also=pulumi.Output.all(
                partition=account.partition,
                account=account.id,
                requests=requests,
                results=results,
                keys=[args[key] for key in ("requests_key", "results_key") if key in args],
            ).apply(lambda known: _job_statements(site, **known)),
        )
        starts, starts_access = role(
            site,
            account,
            service="scheduler",
            source="scheduler",
            called="starter",
            statements=pulumi.Output.all(
                account.partition, account.id, base.model.arn, base.key
            ).apply(lambda known: starter_statements(site, *known)),
        )
        job = pulumi.Output.all(
            model=base.model.name,
            requests=requests,
            results=results,
            key=base.key,
            results_key=args.get("results_key"),
        ).apply(lambda known: json.dumps(job_of(site, decision, machine, **known)))
        # A group of its own: Scheduler counts by groups.
        group = aws.scheduler.ScheduleGroup(
            site.child("schedule-group"),
            name=site.identity,
            region=site.region,
            tags=site.tags,
            opts=site.under(),
        )
        schedule = aws.scheduler.Schedule(
            site.child("schedule"),
            name=site.identity,
            group_name=group.name,
            description=site.description,
            schedule_expression=when.expression,
            schedule_expression_timezone=when.timezone,
            flexible_time_window=aws.scheduler.ScheduleFlexibleTimeWindowArgs(mode="OFF"),
            target=aws.scheduler.ScheduleTargetArgs(
                arn=account.partition.apply(
                    lambda of: f"arn:{of}:scheduler:::aws-sdk:sagemaker:createTransformJob"
                ),
                role_arn=starts.arn,
                input=job,
                retry_policy=aws.scheduler.ScheduleTargetRetryPolicyArgs(
                    maximum_retry_attempts=_RETRIES, maximum_event_age_in_seconds=3600
                ),
            ),
            region=site.region,
            opts=site.under(base.access, starts_access),
        )
        failed = [
            *_watch_failures(site, args),
            *alarms(site, watches_of(site), args.get("alarm_topic")).values(),
        ]
        beside = bundle(
            site,
            args,
            serves_as=schedule.name,
            key=base.key,
            # A job has no metric that counts its requests, and none by a name that stays.
            requests=None,
            charts=(),
            scaled=None,
            after=[*failed],
            advice=_advice(site),
        )
        self.gives(
            name=schedule.name,
            identifier=schedule.arn,
            url=results.apply(lambda known: known.uri),
            machine=machine,
            bundle=beside,
            receipt=when.in_receipt(),
        )

    @staticmethod
    def check(decision: Decision, args: EndpointArgs) -> None:
        """:class:`InputError` where an argument lacks or is wrong."""
        ours = aws_args(args)
        check_artifacts_given(ours)
        check_places_given(ours, "a batch")
        check_locations(ours, decision.placement.chosen.region)
        check_archive(ours, decision.placement.chosen)
        check_network(ours, 1)
        check_hours(decision, ours)
        check_bundle(
            ours,
            1,
            region=decision.placement.chosen.region,
            unscheduled="a batch has no machines that wait: schedule says when",
        )
        if decision.workload.environment == "prod" and not is_heard(ours):
            raise InputError(
                "is required for a batch in production: a job that fails says so nowhere else",
                fix="add topics: [alarm], or the ARN of an SNS topic that lets "
                "events.amazonaws.com publish",
                field="alarm_topic",
            )


def job_of(
    site: Site,
    decision: Decision,
    machine: str,
    *,
    model: str,
    requests: Objects,
    results: Objects,
    key: str,
    results_key: str | None,
) -> dict[str, Any]:
    """What the schedule asks CreateTransformJob for: each line of the files is a request."""
    most = min(at_once(decision), _MOST_PAYLOAD_MB)
    output = {
        "S3OutputPath": results.uri,
        "AssembleWith": "Line",
        "Accept": "application/json",
    }
    return {
        "TransformJobName": f"{site.identity}-{EXECUTION}",
        "ModelName": model,
        "MaxConcurrentTransforms": most,
        "MaxPayloadInMB": max(1, min(_PAYLOAD_MB, _MOST_PAYLOAD_MB // most)),
        "BatchStrategy": "SingleRecord",
        "ModelClientConfig": {
            "InvocationsTimeoutInSeconds": timeout_s(decision),
            "InvocationsMaxRetries": _RETRIES,
        },
        "TransformInput": {
            "DataSource": {"S3DataSource": {"S3DataType": "S3Prefix", "S3Uri": requests.uri}},
            "ContentType": "application/json",
            "SplitType": "Line",
        },
        "TransformOutput": output | ({"KmsKeyId": results_key} if results_key else {}),
        "TransformResources": {
            "InstanceType": machine,
            "InstanceCount": decision.sizing.replicas_peak,
            "VolumeKmsKeyId": key,
        },
        "Tags": [{"Key": name, "Value": value} for name, value in site.tags.items()],
    }


def timeout_s(decision: Decision) -> int:
    """How long one request may take: twice the high end of what is predicted."""
    longest_s = 2 * decision.sizing.prediction.request_ms.high / 1000
    return max(60, min(_MOST_REQUEST_S, math.ceil(longest_s)))


def _job_statements(
    site: Site,
    *,
    partition: str,
    account: str,
    requests: Objects,
    results: Objects,
    keys: list[str],
) -> list[Statement]:
    """What the model's role may do in a job, beside what every model's may."""
    logs = f"arn:{partition}:logs:{site.region}:{account}:log-group:{LOGS}"
    return [
        *statements(
            partition=partition, requests=requests, answers=[results], topics=[], keys=keys
        ),
        # The first job of an account makes the group.
        access.allow(["logs:CreateLogGroup"], [logs, f"{logs}:*"]),
    ]


def starter_statements(
    site: Site, partition: str, account: str, model: str, key: str
) -> list[Statement]:
    """What the schedule's role may do: start jobs of this name with this model."""
    jobs = f"arn:{partition}:sagemaker:{site.region}:{account}:transform-job/{site.identity}-*"
    return [
        access.allow(
            ["sagemaker:CreateTransformJob"], [jobs], ArnEquals={"sagemaker:ModelArn": model}
        ),
        access.allow(["sagemaker:AddTags"], [jobs]),
        access.allow(["kms:DescribeKey"], [key]),
        access.allow(["kms:CreateGrant"], [key], Bool={"kms:GrantIsForAWSResource": "true"}),
    ]


def watches_of(site: Site) -> list[Watch]:
    """Jobs that were never started: one that CreateTransformJob refused, for want of quota or of a
    right, has no event (EventBridge Scheduler user guide, monitoring with CloudWatch)."""

    def watch(role: str, metric: str, says: str) -> Watch:
        return Watch(
            role=role,
            description=says,
            namespace="AWS/Scheduler",
            metric=metric,
            dimensions={"ScheduleGroup": site.identity},
            statistic="Sum",
            threshold=0,
            period_s=300,
            of=1,
            bad=1,
        )

    return [
        watch("refused", "TargetErrorCount", "SageMaker refused to start the job."),
        watch("dropped", "InvocationDroppedCount", "The job was not started: it is given up."),
    ]


def _watch_failures(site: Site, args: AwsArgs) -> list[pulumi.Resource]:
    """Tell the topic of jobs that failed: a job has no metrics of its own to watch."""
    if "alarm_topic" not in args:
        return []
    pattern = {
        "source": ["aws.sagemaker"],
        "detail-type": ["SageMaker Transform Job State Change"],
        "detail": {
            "TransformJobStatus": ["Failed"],
            "TransformJobName": [{"prefix": f"{site.identity}-"}],
        },
    }
    failed = aws.cloudwatch.EventRule(
        site.child("failed"),
        name=f"{site.identity}-failed",
        description=f"A job of {site.identity} failed.",
        event_pattern=json.dumps(pattern),
        region=site.region,
        tags=site.tags,
        opts=site.under(),
    )
    target = aws.cloudwatch.EventTarget(
        site.child("failed-to"),
        rule=failed.name,
        target_id="topic",
        arn=args["alarm_topic"],
        region=site.region,
        opts=site.under(),
    )
    return [failed, target]


def _advice(site: Site) -> list[str]:
    where = f"--region {site.region}"
    return [
        f"Its jobs: aws sagemaker list-transform-jobs --name-contains {site.identity} {where}",
        f"When it runs: aws scheduler get-schedule --name {site.identity} "
        f"--group-name {site.identity} {where}",
        "A job that failed is not tried again before the next time; CreateTransformJob with the "
        "input of the schedule runs it by hand.",
    ]
