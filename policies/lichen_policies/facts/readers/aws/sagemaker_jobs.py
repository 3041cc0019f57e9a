"""SageMaker's processing jobs, and the monitors of an endpoint, which are such jobs."""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Located, Machines
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.aws.sagemaker_machines import (
    hours_of,
    machine_of,
    machines_of_job,
)
from lichen_policies.facts.unknown import field

CLOUD = "aws"
TYPES = {
    "pulumi": (
        "aws:sagemaker/dataQualityJobDefinition:DataQualityJobDefinition",
        "aws:sagemaker/monitoringSchedule:MonitoringSchedule",
        "aws-native:sagemaker:DataQualityJobDefinition",
        "aws-native:sagemaker:ModelBiasJobDefinition",
        "aws-native:sagemaker:ModelExplainabilityJobDefinition",
        "aws-native:sagemaker:ModelQualityJobDefinition",
        "aws-native:sagemaker:MonitoringSchedule",
        "aws-native:sagemaker:ProcessingJob",
    ),
    "terraform": (
        "aws_sagemaker_data_quality_job_definition",
        "aws_sagemaker_monitoring_schedule",
        "awscc_sagemaker_data_quality_job_definition",
        "awscc_sagemaker_model_bias_job_definition",
        "awscc_sagemaker_model_explainability_job_definition",
        "awscc_sagemaker_model_quality_job_definition",
        "awscc_sagemaker_monitoring_schedule",
        "awscc_sagemaker_processing_job",
    ),
    "cloudformation": (
        "AWS::SageMaker::DataQualityJobDefinition",
        "AWS::SageMaker::ModelBiasJobDefinition",
        "AWS::SageMaker::ModelExplainabilityJobDefinition",
        "AWS::SageMaker::ModelQualityJobDefinition",
        "AWS::SageMaker::MonitoringSchedule",
        "AWS::SageMaker::ProcessingJob",
    ),
}
FACTS = (Located, Machines)

_HOSTING = "sagemaker-processing"
_RESOURCES = ("processing_resources", "job_resources", "monitoring_resources")


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A Located and the Machines of one job."""
    schedule = properties.block("monitoring_schedule_config").block("monitoring_job_definition")
    job = schedule or properties
    cluster = job.block(*_RESOURCES).block("cluster_config")
    if not cluster:  # a schedule that names its job
        return
    machine, machines = machine_of(cluster), cluster.stated_whole("instance_count")
    yield Located(
        region_at=properties.at("region"),
        machine=field(machine.value),
        machines=field(machines.value) or 1,
        hosting=_HOSTING,
        for_models=True,
    )
    hours = hours_of(job.block("stopping_condition"))
    yield from machines_of_job(machine, machines, hours, _HOSTING)
