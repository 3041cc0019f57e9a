"""AWS.

Tags: a value takes 256 characters out of letters, digits, spaces and ``+ - = . _ : / @``. Source:
AWS General Reference, "Tag naming limits and requirements".
"""

from lichen.clouds.cloud import Cloud, ImageSource, RegionSource, Spelling

CLOUD = Cloud(
    name="aws",
    title="AWS",
    full_name="Amazon Web Services",
    tags=Spelling(
        prefix="lichen:",
        continued=".",
        length=256,
        mark="=",
        hexadecimal="02X",
        # A space at either end may be trimmed on the way; "=" is the mark itself.
        escaped=r"[^A-Za-z0-9 +\-._:/@]|^ | $",
        escape=r"=([0-9A-F]{2})",
    ),
    tag_properties=("tags_all", "tags", "tag"),
    region_properties=("region",),
    has_region_property=False,  # only in the newest providers, and in no template
    zone_properties=("availability_zone", "availability_zones"),
    address_properties=("arn",),
    # Not keys and roles: those may be in another region than what uses them.
    link_properties=("cluster_arn", "cluster", "target_group_arns", "resource_arn"),
    # arn:partition:service:region:account:resource; the region is empty for a global service.
    region_in_name=r"^arn:[^:]*:[^:]*:([^:]+):[^:]*:",
    region_sources={
        "aws_region": RegionSource(property="id", unless=("name", "endpoint", "region")),
        "aws_availability_zones": RegionSource(property="id", unless=("region",)),
        "aws_availability_zone": RegionSource(property="region", unless=("region",)),
    },
    image_sources={
        "aws_sagemaker_prebuilt_ecr_image": ImageSource(
            property="registry_path",
            registry="763104351884.dkr.ecr.${region}.amazonaws.com",
            repository="repository_name",
            tag="image_tag",
        )
    },
    # us-east-1a; a Local Zone is us-west-2-lax-1a, a Wavelength Zone us-east-1-wl1-bos-wlz-1.
    zone=r"^([a-z]{2}(?:-[a-z]+)+-\d)(?:[a-z]|-[a-z][a-z0-9-]*)$",
    terraform_providers=("aws", "awscc"),
    provider_properties=("region",),
    region_settings=("aws:region", "aws-native:region"),
    region_variables=("AWS_REGION", "AWS_DEFAULT_REGION"),
    # Families p and g (not c7g or m7g, whose g is a processor's), inf, trn, dl, vt.
    accelerated=r"^(?:p|g|inf|trn|dl|vt)\d",
    family=r"^([a-z][a-z0-9-]*)\.",
    # SageMaker API, ContainerDefinition: a source (ModelDataSource) goes with neither.
    one_archive={"sagemaker-serverless": "a serverless endpoint", "sagemaker-batch": "a batch"},
)
