"""``lichen images``: the serving images that components use, and how to copy them to a region."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from lichen.input_error import InputError, did_you_mean
from lichen_doors.command.options import formats

if TYPE_CHECKING:
    from lichen.catalogue import Catalogue
    from lichen.catalogue.schema import Image, Registry


@click.group("images")
def command() -> None:
    """Copy serving images to a region that lacks them."""


@command.command("copy")
@click.option("--to", "region", required=True, help="The region that lacks the image.")
@click.option("--repository", help="Only this image. Default: every one that the region lacks.")
@formats("text", "json")
def copy(region: str, repository: str | None, form: str) -> None:
    """Print the commands that copy serving images to a region.

    Nothing is copied: read the commands, and run them with credentials of your account. They need
    the AWS command line and skopeo. Copies keep the publisher's names, so that an endpoint finds
    them by its argument registry.
    """
    from lichen.catalogue import load

    lines = tuple(commands(load(), region, repository))
    if form == "json":
        from lichen_doors.report import for_programs
        from lichen_doors.report.answers import ImageCopies

        click.echo(for_programs(ImageCopies(region=region, lines=lines)))
    else:
        click.echo("\n".join(lines))


def commands(catalogue: Catalogue, region: str, repository: str | None) -> Iterator[str]:
    """The lines of a shell that copy the images; :class:`InputError` where a name is wrong."""
    from lichen.catalogue.schema import Image

    # Those of a public registry are pulled through one of the user's own.
    published = [image for image in catalogue.table("images", Image) if image.regions]
    if region not in catalogue.regions:
        raise InputError(
            f"{region!r} is not a region", fix=did_you_mean(region, catalogue.regions), field="to"
        )
    names = {image.repository for image in published}
    if repository is not None and repository not in names:
        raise InputError(
            f"{repository!r} is not an image that components use",
            fix=did_you_mean(repository, sorted(names)),
            field="repository",
        )
    wanted = [
        image
        for image in published
        if (repository is None and region not in image.regions) or image.repository == repository
    ]
    if not wanted:
        yield f"# every image that components use is published in {region}: nothing to copy"
        return
    domain = _domain(catalogue, region)
    yield "set -eu"
    yield "ACCOUNT=$(aws sts get-caller-identity --query Account --output text)"
    yield f"TO=$ACCOUNT.dkr.ecr.{region}.{domain}"
    yield _login(region, '"$TO"')
    for image in wanted:
        source = _nearest(catalogue, image, region)
        host = f"{source.account}.dkr.ecr.{source.region}.{source.domain}"
        name = f"{image.repository}:{image.tag}"
        yield f"# {name}, published in {source.region}"
        yield (
            f"aws ecr describe-repositories --region {region} --repository-names "
            f"{image.repository} >/dev/null 2>&1 || aws ecr create-repository --region {region} "
            f"--repository-name {image.repository} --image-scanning-configuration scanOnPush=true"
        )
        yield _login(source.region, host)
        yield f'skopeo copy --all "docker://{host}/{name}" "docker://$TO/{name}"'
    yield f"# then give the endpoint: registry: <account>.dkr.ecr.{{region}}.{domain}"


def _login(region: str, host: str) -> str:
    return (
        f"aws ecr get-login-password --region {region} | "
        f"skopeo login --username AWS --password-stdin {host}"
    )


def _domain(catalogue: Catalogue, region: str) -> str:
    from lichen.catalogue.schema import Registry

    rows = catalogue.table("registries", Registry)
    return next((row.domain for row in rows if row.region == region), "amazonaws.com")


def _nearest(catalogue: Catalogue, image: Image, region: str) -> Registry:
    """The publisher's registry that has the image and is nearest to a region."""
    from lichen.catalogue.schema import Registry
    from lichen.distance import round_trip_ms

    to = catalogue.regions[region]

    def away_ms(row: Registry) -> float:
        place = catalogue.regions.get(row.region)
        away = None if place is None else round_trip_ms(to, place)
        return float("inf") if away is None else away

    domain = _domain(catalogue, region)
    rows = [
        row
        for row in catalogue.table("registries", Registry)
        if row.hosting == image.hosting and row.region in image.regions
    ]
    # Accounts of one partition cannot sign in to another's registries.
    return min([row for row in rows if row.domain == domain] or rows, key=away_ms)
