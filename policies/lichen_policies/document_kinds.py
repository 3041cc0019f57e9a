"""The kinds of documents that are read, by name: the command lists them without a reader."""

from __future__ import annotations

from collections.abc import Mapping

KINDS: Mapping[str, tuple[str, ...]] = {
    "pulumi-preview": ("steps", "changeSummary", "events"),
    "pulumi-state": ("deployment", "checkpoint"),
    "terraform-plan": ("format_version",),
    "terraform-state": ("format_version", "lineage", "encrypted_data"),
    "cloudformation": ("AWSTemplateFormatVersion", "Resources"),
    "azure-template": ("$schema",),
    "kubernetes": ("apiVersion",),
    "workload": ("model", "traffic"),
}
"""The kinds, in the order in which they are recognised. A document of a kind has one of these keys
at its top: a reader that cannot recognise it is not even imported."""
