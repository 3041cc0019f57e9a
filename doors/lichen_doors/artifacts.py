"""A model's files against what serves them: what is missing, what does not agree, what to type."""

from __future__ import annotations

import json
import re
import tarfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import IO, Any

import msgspec

from lichen.document import InputError
from lichen.figures import many
from lichen.sizing import Sizing
from lichen.workload import Compiled, ModelCard

READ_BYTES = 1_000_000
"""A configuration is smaller than this; weights are never read, but for their first bytes."""
_KEPT_BYTES = 16 * READ_BYTES
"""What is kept in memory of all configurations of an archive: those of a model are far smaller."""
ARCHIVES = (".tar.gz", ".tgz")
TOO_SMALL = 0.8
"""Weights below this share of what their precision takes are not all there (design choice)."""


class ModelFiles(msgspec.Struct, frozen=True):
    """Files by their path below the location, with their bytes, and how to read the first of
    them."""

    location: str
    sizes: Mapping[str, int]
    read: Callable[[str, int], bytes]

    def json(self, name: str) -> dict[str, Any] | None:
        """A JSON file's mapping; None where it is not there or is none."""
        if name not in self.sizes:
            return None
        try:
            value = json.loads(self.read(name, READ_BYTES))
        except ValueError:
            return None
        return value if isinstance(value, dict) else None


class Remark(msgspec.Struct, frozen=True):
    """One thing that was looked at. ``fix`` is what to type where it is wrong."""

    right: bool
    what: str
    fix: str = ""


def files_at(location: str) -> ModelFiles:
    """The files of a folder or of a gzipped archive, here or in S3 (``s3://``);
    :class:`InputError` where there are none, or where boto3 is needed and not installed."""
    if location.startswith("s3://"):
        return _in_s3(location)
    if location.endswith(ARCHIVES) and Path(location).is_file():
        with Path(location).open("rb") as stream:
            return _in_archive(location, stream)
    return _in_folder(location)


def _in_archive(location: str, stream: IO[bytes]) -> ModelFiles:
    """The files of an archive, read once from end to end: of each the size and the first bytes."""
    sizes: dict[str, int] = {}
    firsts: dict[str, bytes] = {}
    left = _KEPT_BYTES
    try:
        with tarfile.open(fileobj=stream, mode="r|gz") as archive:
            for member in archive:
                name = _in_archive_called(member.name)
                if member.islnk() and (target := _in_archive_called(member.linkname)) in sizes:
                    sizes[name], firsts[name] = sizes[target], firsts[target]
                content = archive.extractfile(member) if member.isfile() else None
                if content is not None:
                    sizes[name] = member.size
                    whole = name.endswith(".json") and member.size <= min(READ_BYTES, left)
                    firsts[name] = content.read(member.size if whole else 4)
                    left -= len(firsts[name]) if whole else 0
    except (tarfile.TarError, EOFError, OSError) as error:
        raise InputError(
            f"{location!r} is no gzipped archive ({error})",
            fix="make it anew: tar -czf model.tar.gz -C <folder> .",
            field="location",
        ) from None
    return _some(ModelFiles(location, sizes, lambda name, most: firsts[name][:most]))


def _in_archive_called(name: str) -> str:
    return PurePosixPath(name).as_posix().removeprefix("./")


def _in_folder(location: str) -> ModelFiles:
    folder = Path(location)
    if not folder.is_dir():
        raise InputError(
            f"{location!r} is not a folder",
            fix="give the folder that has the model's files, or s3://<bucket>/<prefix>/",
            field="location",
        )
    sizes = {
        path.relative_to(folder).as_posix(): path.stat().st_size
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }

    def read(name: str, most: int) -> bytes:
        with (folder / name).open("rb") as file:
            return file.read(most)

    return _some(ModelFiles(location, sizes, read))


def _in_s3(location: str) -> ModelFiles:
    try:
        import boto3
        from botocore.exceptions import BotoCoreError, ClientError
    except ImportError:
        raise InputError(
            "reading S3 takes boto3", fix="pip install boto3, or give a local folder"
        ) from None
    match = re.fullmatch(r"s3://([a-z0-9][a-z0-9.-]{1,61}[a-z0-9])(?:/(.*))?", location)
    if match is None:
        raise InputError(
            f"{location!r} is not a location in S3", fix="write s3://<bucket>/<prefix>/"
        )
    bucket, prefix = match[1], match[2] or ""
    if prefix and not prefix.endswith("/"):
        prefix += "/"
    client = boto3.client("s3")
    try:
        if match[2] and match[2].endswith(ARCHIVES):
            body = client.get_object(Bucket=bucket, Key=match[2])["Body"]
            return _in_archive(location, body)
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        sizes = {
            entry["Key"].removeprefix(prefix): entry["Size"]
            for page in pages
            for entry in page.get("Contents", ())
            if not entry["Key"].endswith("/")
        }
    except (BotoCoreError, ClientError) as error:
        raise InputError(
            f"{location} cannot be read: {error}",
            fix="sign in to the account that has the bucket (aws sso login)",
        ) from None

    def read(name: str, most: int) -> bytes:
        answer = client.get_object(
            Bucket=bucket, Key=f"{prefix}{name}", Range=f"bytes=0-{most - 1}"
        )
        content: bytes = answer["Body"].read()
        return content

    return _some(ModelFiles(location, sizes, read))


def _some(files: ModelFiles) -> ModelFiles:
    if not files.sizes:
        raise InputError(
            f"nothing is at {files.location}",
            fix="upload the model's files there, or correct the location",
            field="location",
        )
    return files


def form_of(location: str, archive_for: str) -> Iterator[Remark]:
    """Whether a location is what a component takes, where ``archive_for`` takes a model's files as
    one ``.tar.gz`` alone; nothing of a folder here, of which the archive is made."""
    if not archive_for or Path(location).is_dir():
        return
    right = location.endswith(".tar.gz")
    fix = "tar -czf model.tar.gz -C <folder> ., and give the archive's own location"
    yield Remark(
        right,
        f"{archive_for} takes the model's files as one .tar.gz alone",
        "" if right else "give its name the ending .tar.gz" if location.endswith(ARCHIVES) else fix,
    )


def remarks_of(
    files: ModelFiles,
    server: str,
    card: ModelCard,
    sizing: Sizing,
    compiled: Compiled | None,
    machine_family: str,
) -> Iterator[Remark]:
    """What the files have and lack for the server that a placement chose."""
    if server == "llama.cpp":
        yield from _gguf(files, sizing)
    elif server == "pytorch":
        yield from _with_code(files)
        yield _weights(files, sizing)
    elif server == "neuron" and card.kind == "llm":
        yield _has(files, "config.json", "copy it from the model's folder")
        yield from _compiled(files, sizing, compiled, machine_family)
        yield from _tokenizer(files)
    elif server == "neuron":
        yield from _static(files, sizing)
        yield from _tokenizer(files)
    else:
        yield _has(files, "config.json", "download the whole model: hf download")
        yield from _shards(files)
        yield _weights(files, sizing)
        yield from _tokenizer(files)


def _has(files: ModelFiles, name: str, fix: str) -> Remark:
    return Remark(name in files.sizes, name, "" if name in files.sizes else fix)


def _tokenizer(files: ModelFiles) -> Iterator[Remark]:
    names = ("tokenizer.json", "tokenizer.model", "vocab.txt", "vocab.json", "spiece.model")
    found = next((name for name in names if name in files.sizes), None)
    yield Remark(
        found is not None,
        found or "a tokenizer",
        "" if found else "download the whole model: hf download",
    )


def _with_code(files: ModelFiles) -> Iterator[Remark]:
    yield _has(
        files,
        "code/inference.py",
        "add the functions that load the model and answer: model_fn and transform_fn (SageMaker "
        "PyTorch inference toolkit)",
    )


def _of_weights(files: ModelFiles) -> dict[str, int]:
    ends = (".safetensors", ".bin", ".pt", ".pth", ".onnx", ".gguf", ".neuron")
    return {name: size for name, size in files.sizes.items() if name.endswith(ends)}


def _weights(files: ModelFiles, sizing: Sizing) -> Remark:
    found = sum(_of_weights(files).values())
    gib, needed = found / 2**30, sizing.artifact_bytes / 2**30
    count = many(len(_of_weights(files)), "file")
    what = f"weights: {gib:.2f} GiB in {count}, {needed:.2f} GiB expected"
    if found >= TOO_SMALL * sizing.artifact_bytes:
        return Remark(True, what)
    precision = sizing.prediction.precision
    return Remark(
        False, what, f"upload all of them, at {precision}; hf download resumes what is missing"
    )


def _shards(files: ModelFiles) -> Iterator[Remark]:
    index = files.json("model.safetensors.index.json")
    if index is None:
        return
    named = sorted(set(map(str, dict(index.get("weight_map") or {}).values())))
    missing = [name for name in named if name not in files.sizes]
    what = f"{len(named) - len(missing)} of the {len(named)} files of model.safetensors.index.json"
    yield Remark(not missing, what, f"upload {', '.join(missing[:3])}" if missing else "")


def _gguf(files: ModelFiles, sizing: Sizing) -> Iterator[Remark]:
    found = [name for name in files.sizes if name.endswith(".gguf") and name.count("/") <= 1]
    split = [name for name in found if re.search(r"-\d{5}-of-\d{5}\.gguf$", name)]
    if not found:
        yield Remark(
            False,
            "no GGUF file",
            f"convert the model: convert_hf_to_gguf.py, then llama-quantize to "
            f"{sizing.prediction.precision}",
        )
        return
    first = found[0]
    if len(found) > 1 and len(split) != len(found):
        yield Remark(
            False,
            f"{len(found)} GGUF files: the server takes {first}",
            "keep the one that is to be served",
        )
    magic = files.read(first, 4) == b"GGUF"
    yield Remark(magic, f"{first} is a GGUF file", "" if magic else "upload it again: it is none")
    yield _weights(files, sizing)


def _compiled(
    files: ModelFiles, sizing: Sizing, compiled: Compiled | None, machine_family: str
) -> Iterator[Remark]:
    config = files.json("neuron_config.json")
    if config is None:
        yield Remark(
            False,
            "neuron_config.json: the model is not compiled, and the container may not download "
            "anything",
            "compile it by the command below",
        )
        return
    yield Remark(True, "neuron_config.json")
    shape = {
        "batch": config.get("batch_size"),
        "sequence_tokens": config.get("sequence_length") or config.get("max_context_length"),
        "tensor_parallel": config.get("tp_degree"),
    }
    named = f"{{{', '.join(f'{key}: {value}' for key, value in shape.items())}}}"
    wanted = (
        msgspec.structs.asdict(compiled)
        if compiled
        else {
            "batch": sizing.compiled_batch,
            "sequence_tokens": sizing.compiled_sequence_tokens,
            "tensor_parallel": sizing.tensor_parallel,
        }
    )
    agrees = shape == wanted
    fix = f"write compiled: {named} into the workload, which is then sized at that shape"
    if compiled:
        fix = f"correct the workload's compiled: it says {wanted}"
    yield Remark(agrees, f"compiled for {named}", "" if agrees else fix)
    target = config.get("target")
    right = target in (None, machine_family)
    yield Remark(
        right,
        f"compiled for machines of the family {target or 'that nobody states'}",
        "" if right else f"compile it for {machine_family}: the server refuses another family",
    )
    ranks = shape["tensor_parallel"]
    sharded = {
        int(match[1])
        for name in files.sizes
        if (match := re.search(r"tp(\d+)_sharded_checkpoint\.safetensors$", name))
    }
    if sharded or not _of_weights(files):
        missing = sorted(set(range(ranks if isinstance(ranks, int) else 0)) - sharded)
        yield Remark(
            bool(sharded) and not missing,
            f"weights of {len(sharded)} of {ranks} cores",
            ""
            if sharded and not missing
            else "compile from a local folder: from a name of the hub no weights are saved",
        )
    yield _weights(files, sizing)


def _static(files: ModelFiles, sizing: Sizing) -> Iterator[Remark]:
    config = files.json("config.json")
    neuron = config.get("neuron") if config else None
    if not isinstance(neuron, dict):
        yield Remark(
            False,
            "config.json without a part neuron: the model is not compiled",
            "compile it by the command below",
        )
        return
    for key, wanted in (
        ("static_batch_size", sizing.compiled_batch),
        ("static_sequence_length", sizing.compiled_sequence_tokens),
    ):
        found = neuron.get(key)
        right = found == wanted
        yield Remark(
            right,
            f"{key} {found}, {wanted} wanted",
            "" if right else "compile it by the command below",
        )
    yield _has(files, "model.neuron", "compile it by the command below")
