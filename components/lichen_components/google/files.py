"""Where the model's files are on Google Cloud: in Cloud Storage, or on Hugging Face."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi

from lichen.document import InputError
from lichen_components.errors import input_errors
from lichen_components.google.args import GoogleArgs
from lichen_components.row import GCS, HUGGING_FACE

DIRECTORY = "/mnt/model"
"""Where the files are in a container."""


@dataclass(frozen=True)
class FilesAt:
    """FilesAt in a bucket below a prefix, or a model on Hugging Face; neither: they are in the
    image."""

    bucket: str = ""
    prefix: str = ""
    model: str = ""

    @property
    def model_path(self) -> str:
        """What a server is given as its model."""
        return self.model or DIRECTORY


def files_at(location: str, region: str) -> FilesAt:
    """The files at a location; :class:`InputError` where it is none.

    ``{region}`` in it is replaced.
    """
    given = location.replace("{region}", region)
    if given.startswith(HUGGING_FACE):
        return FilesAt(model=given.removeprefix(HUGGING_FACE).strip("/"))
    bucket, _, prefix = given.removeprefix(GCS).partition("/")
    if not given.startswith(GCS) or not bucket:
        raise InputError(
            f"{location!r} is no location of a model's files",
            fix="write gs://<bucket>/<prefix>/ or hf://<organisation>/<model>",
            field="artifacts",
        )
    return FilesAt(bucket=bucket, prefix=prefix.strip("/"))


def files_of(args: GoogleArgs, region: str, *, late: str = GCS) -> pulumi.Output[FilesAt]:
    """The files of a deployment; none where the arguments have none.

    ``late`` is how a location begins that is known only when resources are made:
    :class:`InputError` where it begins otherwise, for what is made follows from it.
    """
    if "artifacts" not in args:
        return pulumi.Output.from_input(FilesAt())
    given = args["artifacts"]

    @input_errors()
    def found(location: str) -> FilesAt:
        if not isinstance(given, str) and not location.startswith(late):
            raise InputError(
                f"{location!r} is known only when resources are made, and does not begin with "
                f"{late}",
                fix=f"write it as text in the program, or a location that begins with {late}",
                field="artifacts",
            )
        return files_at(location, region)

    return pulumi.Output.from_input(given).apply(found)


def in_bucket(args: GoogleArgs) -> bool:
    """Whether the files are in a bucket, as every location is that is not known yet."""
    given = args.get("artifacts", "")
    return not isinstance(given, str) or given.startswith(GCS)


def check_files(args: GoogleArgs, server: str) -> None:
    """:class:`InputError` where there are no files, and the server has none inside."""
    if "artifacts" not in args and server != "image":
        raise InputError(
            "is required on Google Cloud: the location of the model's files",
            fix="add artifacts: gs://<bucket>/<prefix>/ or hf://<organisation>/<model>",
            field="artifacts",
        )
