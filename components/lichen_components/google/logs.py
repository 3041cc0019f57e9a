"""Logs of a production deployment, kept for some months in a bucket of its own."""

from __future__ import annotations

import pulumi
import pulumi_gcp as gcp

from lichen_components.google.site import GoogleSite
from lichen_components.promises import RETENTION_DAYS


def logs(site: GoogleSite, resource_filter: pulumi.Input[str]) -> list[pulumi.Resource]:
    """A bucket in the region, and what leads the deployment's entries into it.

    In production alone: a bucket that was deleted keeps its name for a week, and elsewhere the
    project's own bucket keeps entries for 30 days.
    """
    if site.environment != "prod":
        return []
    bucket = gcp.logging.ProjectBucketConfig(
        site.child("logs"),
        project=site.project,
        location=site.region,
        bucket_id=site.identity,
        retention_days=RETENTION_DAYS[site.environment],
        description=site.description,
        opts=site.under(),
    )
    sink = gcp.logging.ProjectSink(
        site.child("sink"),
        name=site.identity,
        project=site.project,
        destination=bucket.name.apply(lambda name: f"logging.googleapis.com/{name}"),
        filter=resource_filter,
        unique_writer_identity=True,
        opts=site.under(),
    )
    return [bucket, sink]
