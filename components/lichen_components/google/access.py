"""Who a deployment runs as, and what it may do: the least that it needs, on the one resource."""

from __future__ import annotations

import pulumi
import pulumi_gcp as gcp

from lichen.document import InputError
from lichen_components.google.args import GoogleArgs
from lichen_components.google.files import FilesAt, in_bucket
from lichen_components.google.site import GoogleSite

_TOO_WIDE = ("allUsers", "allAuthenticatedUsers")


def account(site: GoogleSite) -> gcp.serviceaccount.Account:
    """A service account of its own: never the project's default one."""
    return gcp.serviceaccount.Account(
        site.child("account"),
        account_id=site.account_id,
        display_name=site.description[:100],
        project=site.project,
        opts=site.under(),
    )


def read_files(
    site: GoogleSite,
    who: gcp.serviceaccount.Account,
    files: pulumi.Output[FilesAt],
) -> list[pulumi.Resource]:
    """May read the model's files, and nothing else of the bucket; nothing where they are in
    none."""
    if not in_bucket(site.args):
        return []
    return [
        gcp.storage.BucketIAMMember(
            site.child("reads-files"),
            bucket=files.apply(lambda known: known.bucket),
            role="roles/storage.objectViewer",
            member=who.member,
            condition=gcp.storage.BucketIAMMemberConditionArgs(
                title="model-files",
                description="The model's files alone.",
                expression=files.apply(_below),
            ),
            opts=site.under(),
        )
    ]


def _below(files: FilesAt) -> str:
    # Without the slash a/b would let a/bc be read too.
    below = f"{files.prefix}/" if files.prefix else ""
    objects = f"projects/_/buckets/{files.bucket}/objects/{below}"
    return (
        f'resource.type == "storage.googleapis.com/Bucket" || resource.name.startsWith("{objects}")'
    )


def read_secrets(site: GoogleSite, who: gcp.serviceaccount.Account) -> list[pulumi.Resource]:
    """May read the secrets that are its variables."""
    return [
        gcp.secretmanager.SecretIamMember(
            site.child(f"reads-{secret}"),
            secret_id=secret,
            project=site.project,
            role="roles/secretmanager.secretAccessor",
            member=who.member,
            opts=site.under(),
        )
        for secret in dict.fromkeys((site.args.get("secrets") or {}).values())
    ]


def write_logs(site: GoogleSite, who: gcp.serviceaccount.Account) -> list[pulumi.Resource]:
    """A machine may write logs and metrics of the project: no narrower role does."""
    return [
        gcp.projects.IAMMember(
            site.child(role),
            project=site.project,
            role=f"roles/{name}",
            member=who.member,
            opts=site.under(),
        )
        for role, name in (
            ("writes-logs", "logging.logWriter"),
            ("writes-metrics", "monitoring.metricWriter"),
        )
    ]


def pull_images(site: GoogleSite, who: gcp.serviceaccount.Account) -> list[pulumi.Resource]:
    """May pull from the one repository that images come from, where that is Artifact Registry."""
    given = site.args.get("image") or site.args.get("registry") or ""
    text = given if isinstance(given, str) else ""
    host, _, rest = text.replace("{region}", site.region).partition("/")
    project, _, repository = rest.partition("/")
    if not host.endswith("-docker.pkg.dev") or not repository:
        return []
    return [
        gcp.artifactregistry.RepositoryIamMember(
            site.child("pulls-images"),
            location=host.removesuffix("-docker.pkg.dev"),
            project=project,
            repository=repository.partition("/")[0],
            role="roles/artifactregistry.reader",
            member=who.member,
            opts=site.under(),
        )
    ]


def use_key(site: GoogleSite, agent: str) -> list[pulumi.Resource]:
    """A service of Google's may use the deployment's key; ``agent`` is its domain."""
    if "key" not in site.args:
        return []
    member = site.number.apply(
        lambda number: f"serviceAccount:service-{number}@{agent}.iam.gserviceaccount.com"
    )
    return [
        gcp.kms.CryptoKeyIAMMember(
            site.child("uses-key"),
            crypto_key_id=key_of(site),
            role="roles/cloudkms.cryptoKeyEncrypterDecrypter",
            member=member,
            opts=site.under(),
        )
    ]


def key_of(site: GoogleSite) -> pulumi.Output[str]:
    """The key's full name in the chosen region; "" without one."""
    return pulumi.Output.from_input(site.args.get("key", "")).apply(
        lambda key: key.replace("{region}", site.region)
    )


def check_invokers(args: GoogleArgs) -> None:
    """:class:`InputError` where everybody could send requests."""
    for n, member in enumerate(args.get("invokers") or []):
        if member in _TOO_WIDE:
            raise InputError(
                f"{member} lets anybody in the world use the model at your cost",
                fix="name who may: serviceAccount:..., group:..., user:...",
                field=f"google.invokers[{n}]",
            )
