"""A batch by the clock on the engine: up, run once, changed, gone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from botocore.session import get_session
from botocore.validate import ParamValidator
from lichen_components.aws.sagemaker.batch import EXECUTION
from lichen_components.aws.sagemaker.hours import runs

from sandbox.world import World
from tests.components.narrowed import ARCHIVE, QUEUED, planned
from tests.components.test_batch import MACHINE, NIGHT, PAGE
from tests.stacks.test_deployment import stack


@pytest.mark.xdist_group("batch")
def test_it_comes_up_runs_changes_and_goes(place: World, tmp_path: Path) -> None:
    args = {
        **QUEUED,
        "artifacts": ARCHIVE,
        "alarm_topic": PAGE,
        "results_key": "arn:aws:kms:us-east-1:111122223333:key/1",
    }
    with stack(place, tmp_path) as made:
        made.up(**{"aws:region": "us-east-1"}, machine=MACHINE, workload=NIGHT, args=args)
        resources = made.resources()
        scheduler, sagemaker, events, iam = (
            place.cloud.client(service, "us-east-1")
            for service in ("scheduler", "sagemaker", "events", "iam")
        )
        name = resources["vectors-schedule"]["outputs"]["name"]
        schedule = scheduler.get_schedule(Name=name, GroupName=name)
        when = runs(planned(MACHINE, NIGHT, **QUEUED), {})
        assert (schedule["ScheduleExpression"], schedule["ScheduleExpressionTimezone"]) == (
            when.expression,
            "UTC",
        )
        ssm = place.cloud.client("ssm", "us-east-1")
        address = ssm.get_parameter(Name="/lichen/vectors/dev/endpoint")["Parameter"]
        assert address["Value"] == name
        assert (
            schedule["Target"]["Arn"] == "arn:aws:scheduler:::aws-sdk:sagemaker:createTransformJob"
        )
        job = json.loads(schedule["Target"]["Input"])
        shape = get_session().get_service_model("sagemaker").operation_model("CreateTransformJob")
        ParamValidator().validate(job, shape.input_shape)
        assert job["TransformJobName"] == f"{name}-{EXECUTION}"
        assert len(name) + 17 <= 63  # Scheduler's number has 16 characters
        model = sagemaker.describe_model(ModelName=job["ModelName"])
        assert model["EnableNetworkIsolation"]
        assert model["PrimaryContainer"]["ModelDataUrl"].endswith("/it/model.tar.gz")
        sizing = planned(MACHINE, NIGHT, **QUEUED).decision.sizing
        machines = job["TransformResources"]
        assert machines["InstanceType"] == f"ml.{MACHINE}"
        assert machines["InstanceCount"] == sizing.replicas_peak
        assert job["MaxConcurrentTransforms"] * job["MaxPayloadInMB"] <= 100
        assert job["TransformOutput"]["KmsKeyId"] == args["results_key"]
        source = job["TransformInput"]["DataSource"]["S3DataSource"]
        assert source["S3Uri"] == "s3://questions-us-east-1/it/"
        # No machine is there until the schedule asks for the job, which brings its own. (The
        # emulated AWS has no clock: what the schedule would send is sent here.)
        assert sagemaker.list_transform_jobs()["TransformJobSummaries"] == []
        run = f"{name}-d32c5kddcf5bb8c3"
        sagemaker.create_transform_job(**{**job, "TransformJobName": run})
        started = sagemaker.describe_transform_job(TransformJobName=run)
        assert started["TransformJobStatus"] in ("InProgress", "Completed")
        assert started["TransformResources"]["InstanceCount"] > 0

        watched = place.cloud.client("cloudwatch", "us-east-1").describe_alarms()["MetricAlarms"]
        assert {each["AlarmName"]: each["Dimensions"] for each in watched} == {
            f"{name}-{role}": [{"Name": "ScheduleGroup", "Value": name}]
            for role in ("dropped", "refused")
        }

        (rule,) = events.list_rules()["Rules"]
        assert json.loads(rule["EventPattern"])["detail"]["TransformJobStatus"] == ["Failed"]
        (target,) = events.list_targets_by_rule(Rule=rule["Name"])["Targets"]
        assert target["Arn"] == PAGE
        starter = iam.get_role_policy(
            RoleName=resources["vectors-starter"]["outputs"]["name"],
            PolicyName=resources["vectors-starter-access"]["outputs"]["name"],
        )["PolicyDocument"]["Statement"]
        starts = next(each for each in starter if "sagemaker:CreateTransformJob" in each["Action"])
        (jobs,) = starts["Resource"]
        assert jobs.endswith(f":transform-job/{name}-*")
        assert starts["Condition"]["ArnEquals"]["sagemaker:ModelArn"].endswith(job["ModelName"])
        assert not any("*" in each["Resource"] for each in starter)

        heavier = {**NIGHT, "traffic": {**NIGHT["traffic"], "peak_rps": 500, "mean_rps": 500}}
        args |= {"schedule": "cron(0 3 ? * SUN *)", "schedule_timezone": "Europe/Stockholm"}
        made.up(
            workload=heavier, args={**args, "artifacts": "s3://models-{region}/it/2/model.tar.gz"}
        )
        changed = scheduler.get_schedule(Name=name, GroupName=name)
        assert changed["ScheduleExpression"] == "cron(0 3 ? * SUN *)"
        after = json.loads(changed["Target"]["Input"])
        assert after["TransformResources"]["InstanceCount"] > sizing.replicas_peak
        assert after["ModelName"] != job["ModelName"]
    assert place.cloud.inventory() == {}
