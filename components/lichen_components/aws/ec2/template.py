"""The launch template of a group: what each of its machines is."""

from __future__ import annotations

import math

import pulumi
import pulumi_aws as aws

from lichen_components.aws.ec2.machines import parameter_of
from lichen_components.aws.site import Site

_SYSTEM_GIB = 30
"""The disk of ECS's machine image."""

_IMAGE_GIB = 20
"""What is kept for the serving image (design choice; AWS's are up to 10 GiB unpacked)."""

_THROUGHPUT_MB_S = 250
"""gp3 reads 125 MB/s unless more is asked for; loading is bound by it (EBS User Guide)."""


def newest_image(site: Site, name: str) -> pulumi.Output[str]:
    """The id of ECS's newest machine image. An instance refresh that rolls back takes an id, and no
    name of a parameter."""
    return aws.ssm.get_parameter_output(
        name=parameter_of(name),
        region=site.region,
        opts=pulumi.InvokeOutputOptions(parent=site.parent),
    ).value


def template(
    site: Site,
    *,
    machine: str,
    image: pulumi.Input[str],
    pinned: bool,
    profile: aws.iam.InstanceProfile,
    user_data: pulumi.Input[str],
    groups: list[pulumi.Input[str]],
    files_gib: float,
) -> aws.ec2.LaunchTemplate:
    """A version for each change. ``pinned`` says that the machine image is the user's: the newest
    one is taken once, so that an `up` does not exchange the machines whenever AWS publishes one.
    """
    options = site.under()
    if not pinned:
        options.ignore_changes = ["imageId"]
    return aws.ec2.LaunchTemplate(
        site.child("template"),
        name=site.identity,
        image_id=image,
        instance_type=machine,
        iam_instance_profile=aws.ec2.LaunchTemplateIamInstanceProfileArgs(arn=profile.arn),
        metadata_options=aws.ec2.LaunchTemplateMetadataOptionsArgs(
            http_endpoint="enabled",
            http_tokens="required",
            # A container is one hop further than the machine.
            http_put_response_hop_limit=2,
        ),
        block_device_mappings=[
            aws.ec2.LaunchTemplateBlockDeviceMappingArgs(
                device_name="/dev/xvda",
                ebs=aws.ec2.LaunchTemplateBlockDeviceMappingEbsArgs(
                    encrypted="true",
                    delete_on_termination="true",
                    volume_type="gp3",
                    volume_size=_SYSTEM_GIB + _IMAGE_GIB + math.ceil(1.1 * files_gib),
                    throughput=_THROUGHPUT_MB_S,
                ),
            )
        ],
        monitoring=aws.ec2.LaunchTemplateMonitoringArgs(enabled=True),
        vpc_security_group_ids=groups,
        user_data=user_data,
        tag_specifications=[
            aws.ec2.LaunchTemplateTagSpecificationArgs(resource_type=kind, tags=site.tags)
            for kind in ("instance", "volume")
        ],
        update_default_version=True,
        region=site.region,
        tags=site.tags,
        opts=options,
    )
