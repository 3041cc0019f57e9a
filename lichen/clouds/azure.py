"""Azure.

Tags: a value takes 256 characters, a name 512 without ``< > % & \\ ? /``. Values are kept to the
characters that AWS takes, since some of Azure's services take fewer than the limit that is
documented for all. Source: Microsoft Learn, "Use tags to organize your Azure resources and
management hierarchy". Machines: the N families carry accelerators. Source: Microsoft Learn, "Sizes
for virtual machines in Azure", GPU- and FPGA-accelerated families. Regions on request: those whose
access is restricted to few uses, such as the recovery from a disaster within a country. Source:
Microsoft Learn, "Azure regions list".
"""

from lichen.clouds.cloud import Cloud, Spelling

CLOUD = Cloud(
    name="azure",
    title="Azure",
    full_name="Microsoft Azure",
    tags=Spelling(
        prefix="lichen:",
        continued=".",
        length=256,
        mark="=",
        hexadecimal="02X",
        escaped=r"[^A-Za-z0-9 +\-._:/@]|^ | $",
        escape=r"=([0-9A-F]{2})",
    ),
    tag_properties=("tags",),
    region_properties=("location",),
    # The zones of a region are numbered; the full name is written in Kubernetes' node labels.
    zone=r"^([a-z]+\d?)-\d$",
    region_on_provider=False,
    region_in_words=True,
    multi_regions=("global",),
    # Source: Microsoft Learn, Azure regions list, 2025-03-21.
    on_request=frozenset(
        (
            "australiacentral2",
            "brazilsoutheast",
            "francesouth",
            "germanynorth",
            "koreasouth",
            "norwaywest",
            "southafricawest",
            "swedensouth",
            "switzerlandwest",
            "uaecentral",
        )
    ),
    # azure-native:compute/v20240701:VirtualMachine; the name of a package that was made for one
    # version has it, and its modules may.
    versioned_type=r"^(azure-native)(?:_\w+)?(:\w+)(?:/v\d\w*)?(:\w+)$",
    terraform_providers=("azurerm",),
    provider_properties=("location",),
    region_settings=("azure:location", "azure-native:location"),
    region_variables=("ARM_LOCATION",),
    accelerated=r"(?i)^Standard_N[A-Z]",
    # Standard_NC6s_v3 is of NCs_v3.
    family=r"^Standard_([A-Z]+)\d+(?:-\d+)?(\w*)$",
)
