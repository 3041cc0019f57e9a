"""Where a model's files may be: in S3, in Cloud Storage, on Hugging Face, on a volume."""

from __future__ import annotations

from collections.abc import Mapping

from lichen.document import InputError
from lichen_components.blocks import block_of
from lichen_components.row import GCS, HUGGING_FACE, S3, VOLUME, MakerRow

WRITTEN: Mapping[str, str] = {
    S3: "s3://<bucket>/<prefix>/",
    GCS: "gs://<bucket>/<prefix>/",
    HUGGING_FACE: "hf://<organisation>/<model>",
    VOLUME: "pvc://<claim>/<folder>",
}
"""How a location begins -> how it is written. `pvc` is a volume of the cluster, by its claim."""


def check_artifacts(args: Mapping[str, object], cloud: str, row: MakerRow, title: str) -> None:
    """:class:`InputError` where a hosting cannot read the files from where they are.

    A location that is known only when resources are made is checked then, by the maker.
    """
    given = block_of(args, cloud, ("artifacts",)).get("artifacts")
    if not isinstance(given, str) or not row.artifacts or given.startswith(row.artifacts):
        return
    written = " or ".join(WRITTEN[begins] for begins in row.artifacts)
    if not given.startswith(tuple(WRITTEN)):
        raise InputError(
            f"{given!r} is no location of a model's files",
            fix=f"write {written}",
            field="artifacts",
        )
    raise InputError(
        f"{title} does not read a model's files from {given!r}",
        fix=f"copy them, and write {written}; or name another hosting in where.hosting",
        field="artifacts",
    )
