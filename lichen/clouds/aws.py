"""AWS.

Tags: a value takes 256 characters out of letters, digits, spaces and ``+ - = . _ : / @``. Source:
AWS General Reference, "Tag naming limits and requirements".
"""

from lichen.clouds.cloud import Cloud, Spelling

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
    region_properties=("region", "availability_zone"),
    zone_properties=("availability_zones",),
    link_properties=(
        "kms_key_arn",
        "kms_key_id",
        "cluster_arn",
        "role_arn",
        "service_role",
        "resource_arn",
    ),
    # arn:partition:service:region:account:resource; the region is empty for a global service.
    region_in_link=r"^arn:[^:]*:[^:]*:([^:]+):[^:]*:",
    zone=r"^([a-z]{2}(?:-[a-z]+)+-\d)[a-z]$",
    provider_properties=("region",),
    region_settings=("aws:region", "aws-native:region"),
    region_variables=("AWS_REGION", "AWS_DEFAULT_REGION"),
    # Families p and g (not c7g or m7g, whose g is a processor's), inf, trn, dl, vt.
    accelerated=r"^(?:p|g|inf|trn|dl|vt)\d",
)
