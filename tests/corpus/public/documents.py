"""Documents of public repositories: fetched by who measures, never kept here."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import Literal

import msgspec
from lichen_policies.dialects import DeploymentInput, read

from lichen.document import InputError
from lichen.words import Environment

HERE = Path(__file__).parent

Format = Literal["cloudformation", "kubernetes", "plan", "hcl"]

_BLOCK = re.compile(r'^resource\s+"([\w-]+)"\s+"([\w-]+)"\s*\{', re.MULTILINE)
_COMMENT = re.compile(r"^\s*(#|//).*$", re.MULTILINE)


class Repository(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A public repository, ``owner/name``, and the commit that the sample was drawn from."""

    name: str
    commit: str

    def clone(self, mirror: Path) -> Path:
        """Its git directory in a folder of clones: ``owner+name`` or ``owner+name/repo``."""
        folder = mirror / self.name.replace("/", "+")
        for path in (folder / "repo", folder / ".git", folder):
            if (path / "HEAD").exists():
                return path
        raise InputError("is not there", fix=f"clone {self.name} to it", document=str(folder))

    def git(self, mirror: Path, *arguments: str) -> str:
        """What git prints; bytes that are no text are replaced."""
        command = ["git", "--git-dir", str(self.clone(mirror)), *arguments]
        run = subprocess.run(command, capture_output=True, check=True)
        return run.stdout.decode(errors="replace")


class Document(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A document, or a folder of ``.tf`` files, and what a deployer would give beside it."""

    name: str
    repository: str
    path: str
    format: Format
    region: str | None = None
    environment: Environment | None = None


class Named(msgspec.Struct, frozen=True):
    """A resource as it is written: ``text`` is what is searched for words."""

    type: str
    address: str
    text: str


def write(document: Document, repository: Repository, mirror: Path, folder: Path) -> Path:
    """Write a document's files into a folder; the path of the file, or of the folder for HCL."""
    if document.format == "hcl":
        for path in tf_files(document.path, paths(repository, mirror)):
            _write(repository, mirror, path, folder / PurePosixPath(path).name)
        return folder
    written = folder / PurePosixPath(document.path).name
    _write(repository, mirror, document.path, written)
    return written


def _write(repository: Repository, mirror: Path, path: str, target: Path) -> None:
    text = repository.git(mirror, "show", f"{repository.commit}:{path}")
    target.write_text(text, encoding="utf-8")


def paths(repository: Repository, mirror: Path) -> Mapping[str, int]:
    """The files of a repository's commit, and their sizes in bytes."""
    listed = repository.git(mirror, "ls-tree", "-r", "-l", "-z", repository.commit)
    found: dict[str, int] = {}
    for entry in filter(None, listed.split("\0")):
        meta, _, path = entry.partition("\t")
        mode, kind, _, size = meta.split()
        if kind == "blob" and mode != "120000" and size.isdigit():
            found[path] = int(size)
    return found


def tf_files(folder: str, every: Mapping[str, int]) -> list[str]:
    """The ``.tf`` files of one folder."""
    return [
        path for path in every if path.endswith(".tf") and str(PurePosixPath(path).parent) == folder
    ]


def named(path: Path) -> tuple[Format, list[Named]]:
    """The format of a written document and its resources; nothing where it is no deployment."""
    if path.is_dir():
        text = "\n".join(file.read_text(encoding="utf-8") for file in sorted(path.glob("*.tf")))
        return "hcl", list(_blocks(_COMMENT.sub("", text)))
    try:
        resources = read(path, given=DeploymentInput(region="eu-north-1"))
    except InputError:
        return "kubernetes", []
    form: Format = "plan"
    if resources and resources[0].dialect in ("kubernetes", "cloudformation"):
        form = resources[0].dialect  # type: ignore[assignment]
    return form, [Named(each.type, each.address, repr(each.properties)) for each in resources]


def _blocks(text: str) -> Iterator[Named]:
    for match in _BLOCK.finditer(text):
        depth, end = 1, match.end()
        while depth and end < len(text):
            depth += {"{": 1, "}": -1}.get(text[end], 0)
            end += 1
        kind, name = match.groups()
        yield Named(kind, f"{kind}.{name}", text[match.start() : end])


def folder() -> TemporaryDirectory[str]:
    """A folder for a document's files."""
    return TemporaryDirectory(prefix="lichen-public-")
