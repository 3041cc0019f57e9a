"""Google Cloud.

Labels: a value takes 63 characters out of lower-case letters, digits, ``-`` and ``_``. Source:
Google Cloud Resource Manager, "Requirements for labels". Network ``tags`` are something else.
"""

from lichen.clouds.cloud import Cloud, RegionSource, Spelling

CLOUD = Cloud(
    name="google",
    title="Google Cloud",
    full_name="Google Cloud",
    tags=Spelling(
        word="label",
        prefix="lichen-",
        continued="_",
        length=63,
        mark="_",
        hexadecimal="02x",
        escaped=r"[^a-z0-9\-]",
        escape=r"_([0-9a-f]{2})",
    ),
    tag_properties=(
        "labels",
        "user_labels",
        "resource_labels",
        "node_config.resource_labels",
        "metadata.labels",
    ),
    # A node pool's cluster, a deployed index's endpoint: the provider takes the location of a full
    # name before the resource's own (terraform-provider-google, extractNodePoolInformation).
    parent_properties=("cluster", "index_endpoint"),
    region_properties=("region", "location", "zone"),
    zone_properties=("node_locations", "distribution_policy_zones"),
    region_in_name=r"^(?:.*/)?(?:locations|regions|zones)/([^/]+)",
    region_sources={"google_client_config": RegionSource(property="region")},
    # us-central1-a; a zone for accelerators alone is us-central1-ai1a.
    zone=r"^([a-z]+-[a-z]+\d+)-(?:ai\d)?[a-z]$",
    multi_regions=("us", "eu", "asia", "global"),
    terraform_providers=("google", "google-beta"),
    provider_properties=("region", "zone"),
    region_settings=("gcp:region", "gcp:zone", "google-native:region", "google-native:zone"),
    region_variables=("GOOGLE_REGION", "GCLOUD_REGION", "CLOUDSDK_COMPUTE_REGION", "GOOGLE_ZONE"),
    # Families a2 to a4x, g2 and g4 (not g1-small, a shared core), ct3 to ct6e, tpu7x.
    accelerated=r"^(?:a[2-9]x?-|g[2-9]-|ct\d|tpu)",
    family=r"^([a-z][a-z0-9]*)-",
)
