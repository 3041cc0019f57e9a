"""The kinds of documents that are read, by name: the command lists them without a reader."""

KINDS = (
    "pulumi-preview",
    "pulumi-state",
    "terraform-plan",
    "terraform-state",
    "cloudformation",
    "azure-template",
    "kubernetes",
    "workload",
)
"""The kinds, in the order in which they are recognised."""
