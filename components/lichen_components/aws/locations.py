"""Locations in ECR and S3, with the chosen region for ``{region}``."""

from __future__ import annotations

import re

import msgspec

from lichen.document import InputError


class Repository(msgspec.Struct, frozen=True):
    """An image's location in ECR."""

    uri: str
    account: str
    region: str
    name: str


_ECR = re.compile(
    r"^(?P<account>[0-9]{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.amazonaws\.com(\.cn)?/"
    r"(?P<name>[a-z0-9._/-]+)(:[\w.-]{1,128}|@sha256:[0-9a-f]{64})$"
)


def repository(image: str, region: str, field: str = "image") -> Repository:
    """An ECR image in a region; :class:`InputError` where it is no image, or in another region."""
    uri = image.replace("{region}", region)
    match = _ECR.match(uri)
    if match is None:
        raise InputError(
            f"{image!r} is not an image in ECR with its tag or digest",
            fix="write <account>.dkr.ecr.{region}.amazonaws.com/<repository>:<tag>",
            field=field,
        )
    if match["region"] != region:
        raise InputError(
            f"{image!r} is in {match['region']}, but the placement is in {region}",
            fix="write {region} for the region, and copy the image to every region that may be "
            "chosen",
            field=field,
        )
    return Repository(uri, match["account"], region, match["name"])


_ARCHIVES = (".tar.gz", ".tgz")


class Objects(msgspec.Struct, frozen=True):
    """Objects in S3: one archive, or everything below a prefix: the whole bucket where it is ""."""

    bucket: str
    key: str

    @property
    def uri(self) -> str:
        return f"s3://{self.bucket}/{self.key}"

    @property
    def is_archive(self) -> bool:
        return self.key.endswith(_ARCHIVES)


_S3 = re.compile(r"^s3://(?P<bucket>[a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(/(?P<key>.*))?$")
_FILE = re.compile(r"\.[A-Za-z][A-Za-z0-9]*$")


def objects(uri: str, region: str, field: str, *, archive: bool = True) -> Objects:
    """Where artefacts or results are in a region; :class:`InputError` where it is not in S3, or
    is one file. ``archive`` is whether it may be a gzipped archive instead of a folder."""
    match = _S3.match(uri.replace("{region}", region))
    if match is None:
        raise InputError(
            f"{uri!r} is not a location in S3", fix="write s3://<bucket>/<prefix>/", field=field
        )
    key = match["key"] or ""
    if (archive and key.endswith(_ARCHIVES)) or not key or key.endswith("/"):
        return Objects(match["bucket"], key)
    if _FILE.search(key.rpartition("/")[2]):
        folder = uri.rpartition("/")[0]
        raise InputError(
            f"{uri!r} is one file" + (", and no .tar.gz" if archive else ""),
            fix=f"give the folder it lies in: {folder}/ (a folder with such a name ends with /)",
            field=field,
        )
    return Objects(match["bucket"], f"{key}/")


def archive_uri(where: Objects, what: str) -> str:
    """The location of an archive; :class:`InputError` where it is none, and ``what`` takes the
    model's files as one archive alone (SageMaker API, ContainerDefinition, ModelDataUrl)."""
    if where.key.endswith(".tar.gz"):
        return where.uri
    place = where.uri if where.uri.endswith("/") else f"{where.uri.rpartition('/')[0]}/"
    raise InputError(
        f"{where.uri} is no .tar.gz, and {what} takes the model's files as one archive alone",
        fix=f"tar -czf model.tar.gz -C <folder> . && aws s3 cp model.tar.gz {place} and give "
        f"{place}model.tar.gz",
        field="artifacts",
    )
