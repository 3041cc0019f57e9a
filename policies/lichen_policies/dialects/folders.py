"""Folders and patterns of files into resources: which files are documents, and which are not.

A file is recognised by what is in it. What needs another tool first, or cannot be read, is said
with what to type: a deployment that is not even mentioned would pass unseen.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

import msgspec

from lichen.document import InputError
from lichen.input_error import NotParsed, NotRecognised, NotRendered
from lichen.parsing.content import STDIN, content_of, files_read, text_of
from lichen_policies.dialects import KUSTOMIZATIONS, PROGRAMS, check_source, is_program, read
from lichen_policies.dialects.azure import is_deployment
from lichen_policies.dialects.deployment_input import DeploymentInput
from lichen_policies.dialects.largest import BICEP, HCL
from lichen_policies.dialects.source_reading import SourceReading
from lichen_policies.dialects.terraform_files import is_configuration, is_native
from lichen_policies.facts.resource import Resource
from lichen_policies.verdict import Skipped

_BICEP = ".bicep"
_TOML = ".toml"
SUFFIXES = (".json", ".yaml", ".yml", ".template", ".tfstate", _TOML)
"""How the names of files end that may hold a document; in TOML only a workload is written."""

_OF_WORKLOADS = ("peak_rps", "budget_tokens")
_UNREAD_WORKLOAD = InputError(
    "has the words of a workload, but not its keys model and traffic, so the budget of its prompts "
    "is not checked",
    fix="correct its keys (lichen place FILE says which)",
)

_MARKS = (
    ("AWSTemplateFormatVersion",),
    ("AWS::", "Resources"),
    ("apiVersion", "kind"),
    ("format_version",),
    ("lineage", "serial"),
    ("encrypted_data", "encryption_version"),
    ("urn:pulumi:",),
    ("changeSummary",),
    ("deploymentTemplate.json",),
    _OF_WORKLOADS,
)
"""Every document that is recognised has all words of one of these in it."""

_SHOWN = 3
"""Other files that are named where nothing can be judged."""
_NOT_ENTERED = ("node_modules", "__pycache__", "venv", "site-packages")

_PATTERN = frozenset("*?[")
"""What makes a pattern of a path."""
_PATCHES = ("patches", "patchesStrategicMerge", "patchesJson6902")


class FolderReading(msgspec.Struct, frozen=True, kw_only=True):
    """What was read: its resources, what is not judged and why, and how many other files there are
    that have nothing to do with a deployment. ``files`` are all that were opened for it, those
    among them that a document names: modules, nested templates, files of variables."""

    resources: tuple[Resource, ...]
    skipped: tuple[Skipped, ...] = ()
    others: int = 0
    files: tuple[Path, ...] = ()


def read_all(
    paths: Sequence[Path],
    source: str = "auto",
    given: DeploymentInput | None = None,
    progress: Callable[[Path], object] = lambda _path: None,
) -> FolderReading:
    """The resources of files, folders and patterns such as ``k8s/**/*.yaml``; ``progress`` is
    called with each file before it is read.

    :class:`InputError` where a file that is named cannot be read as a document, a pattern matches
    nothing, or there is no document at all.
    """
    check_source(source)
    walk = _Walk(source, given or DeploymentInput(), progress)
    with files_read() as files:
        for path in each_once(paths):
            if path != STDIN and path.is_dir():
                walk.enter(path)
            elif path != STDIN and _PATTERN & set(str(path)) and not path.exists():
                walk.match(path)
            else:
                walk.read(path, walk.given)
        reading = walk.reading()
    return msgspec.structs.replace(reading, files=tuple(files))


def each_once(paths: Iterable[Path]) -> Iterator[Path]:
    """Paths without those that name again what one before them names."""
    seen: set[Path] = set()
    for path in paths:
        place = path if path == STDIN else path.resolve()
        if place not in seen:
            seen.add(place)
            yield path


class _Walk:
    """What is read of folders, so far."""

    def __init__(
        self, source: str, given: DeploymentInput, progress: Callable[[Path], object]
    ) -> None:
        self.source = source
        self.given = given
        self.progress = progress
        self.documents: dict[Path, list[Resource]] = {}
        self.modules: dict[Path, None] = {}
        self.bicep: dict[Path, None] = {}
        self.skipped: list[Skipped] = []
        self.others = 0
        self.patches: set[Path] = set()

    def read(self, path: Path, given: DeploymentInput, text: str | None = None) -> None:
        """Read a file that is a document, whose ``text`` may be at hand; :class:`InputError` where
        it is none."""
        if is_configuration(path) and self.source == "auto":
            # A file that is not there is no module.
            _ = HCL.content(path) if is_native(path) else content_of(path)
            self.modules[path.parent] = None
            return
        if path.suffix == _BICEP and self.source == "auto":
            BICEP.content(path)
            self.bicep[path] = None
            return
        self.progress(path)
        found = self._whole(path, read(path, self.source, given, text))
        if all(each.dialect == "kubernetes" and not each.root for each in found):
            # The manifests of a folder go to one cluster: one scales what another holds.
            together = f"{path.parent}#manifests"
            found = [msgspec.structs.replace(each, document=together) for each in found]
        self.documents[path] = found

    def _whole(self, path: Path, found: list[Resource]) -> list[Resource]:
        """The resources of a document, with what each of its deployments calls that is not here;
        what calls it is mentioned, and is no resource that anybody judges."""
        if not any(each.unseen for each in found):
            return found
        from lichen_policies.dialects.cloudformation_nested import fix_of  # few are nested

        unseen: dict[str | None, str] = {}
        for each in found:
            if each.unseen:
                place = each.file or str(path)
                place = place if each.line is None else f"{place}:{each.line}"
                mention = Skipped(
                    file=place,
                    because=each.unseen,
                    fix=fix_of(each),
                    missing=True,
                    environment=each.environment,
                )
                if mention not in self.skipped:  # a template may be read inside of another too
                    self.skipped.append(mention)
                unseen.setdefault(each.document, f"{each.file} {each.unseen}")
        return [
            msgspec.structs.replace(each, unseen=unseen.get(each.document, ""))
            for each in found
            if not each.unseen
        ]

    def enter(self, folder: Path) -> None:
        """Read what is in a folder, and in the folders inside of it."""
        from lichen_policies.dialects import cdk  # a document that is named needs none

        before = self._count()
        for entered, inner, names in os.walk(folder):
            here = Path(entered)
            if cdk.is_assembly(here):
                inner.clear()
                for path, given in cdk.stacks(here, self.given):
                    self.read(path, given)
                continue
            is_chart = "Chart.yaml" in names
            inner[:] = sorted(
                name
                for name in inner
                if not name.startswith(".")
                and name not in _NOT_ENTERED
                and not (is_chart and name in ("templates", "crds"))
            )
            made = {"cdk.json"} if (here / cdk.OUTPUT).is_dir() else set[str]()
            self._mention_sources(here, [name for name in names if name not in made])
            if any(is_configuration(here / name) for name in names):
                self.modules[here] = None
            self._look(here / name for name in sorted(names))
        if self._count() == before:
            raise self._nothing(str(folder))

    def _nothing(self, folder: str) -> InputError:
        """What is said where nothing can be judged: what there is instead, if anything."""
        if self.skipped:
            first, *others = sorted(self.skipped, key=lambda each: not each.broken)
            also = "; ".join(f"{each.file}: {each.because}" for each in others[:_SHOWN])
            return InputError(
                f"{first.because}, so nothing can be judged" + (f"; also {also}" if also else ""),
                fix=first.fix,
                document=first.file,
            )
        return InputError(
            "holds nothing that can be judged",
            fix="give it the output of pulumi preview --json or terraform show -json, "
            "a template or a manifest",
            document=folder,
        )

    def match(self, pattern: Path) -> None:
        """Read the files that a pattern matches."""
        from glob import glob  # few name a pattern: their shells know them too

        found = sorted(Path(name) for name in glob(str(pattern), recursive=True))
        if not found:
            raise InputError("matches no file", fix="check the pattern", document=str(pattern))
        self._look(path for path in found if path.is_file())

    def reading(self) -> FolderReading:
        """All that was read. A template inside of another is judged there, with its parameters."""
        sources = [*self._modules(), *self._bicep()]
        files = [(str(path), resources) for path, resources in self.documents.items()]
        inner = {
            Path(resource.file)
            for file, resources in files
            for resource in resources
            if resource.file is not None and resource.file != file
        } | {Path(each.file) for source in sources for each in source.resources if each.file}
        patches = {path.resolve() for path in self.patches}
        partial = [path for path in self.documents if patches and path.resolve() in patches]
        return FolderReading(
            resources=tuple(
                resource
                for path, resources in self.documents.items()
                if path not in inner and path not in partial
                for resource in resources
            )
            + tuple(resource for source in sources for resource in _as_far_as_seen(source)),
            skipped=(
                *self.skipped,
                *(mention for source in sources for mention in source.skipped),
                *(Skipped(file=str(path), because="is a patch of Kustomize") for path in partial),
            ),
            others=self.others,
        )

    def _count(self) -> int:
        """How many documents and programs there are so far."""
        return len(self.documents) + len(self.modules) + len(self.bicep)

    def _bicep(self) -> Iterator[SourceReading]:
        """The files of Bicep that are deployed."""
        if not self.bicep:
            return
        from lichen_policies.dialects.azure.bicep import called_by, declarations_of, read_bicep

        parsed = cache(declarations_of)
        yield from self._outermost(
            self.bicep,
            lambda file: called_by(file, parsed),
            lambda file: read_bicep(file, self.given, parsed),
        )

    def _modules(self) -> Iterator[SourceReading]:
        """The modules of Terraform that are applied."""
        if not self.modules:
            return
        from lichen_policies.dialects.hcl.files import files_of
        from lichen_policies.dialects.hcl.modules import called_by, read_module

        files = cache(files_of)
        planned = {
            path.parent.resolve()
            for path, resources in self.documents.items()
            if any(each.dialect == "terraform" or each.root for each in resources)
        }
        yield from self._outermost(
            self.modules,
            lambda folder: called_by(folder, files),
            lambda folder: (
                self._without_plan(folder, planned) or read_module(folder, self.given, files)
            ),
        )

    @staticmethod
    def _without_plan(folder: Path, planned: Container[Path]) -> SourceReading | None:
        """What is said of a module whose plan is judged; None of one that has none."""
        if folder.resolve() not in planned:
            return None
        because = "is Terraform's configuration: the plan or state beside it is judged"
        return SourceReading((), (Skipped(file=str(folder), because=because),))

    def _outermost(
        self,
        found: Iterable[Path],
        called_by: Callable[[Path], frozenset[Path]],
        read: Callable[[Path], SourceReading],
    ) -> Iterator[SourceReading]:
        """What is read of sources that no other one calls, and then of those that call each other
        in a circle."""
        calls: dict[Path, frozenset[Path]] = {}
        for path in found:
            try:
                calls[path] = called_by(path)
            except InputError as error:
                self._skip(path, error, broken=True)
        called = {inner for paths in calls.values() for inner in paths}
        resolved = {path: path.resolve() for path in calls}
        by_path = {resolved[path]: inner for path, inner in calls.items()}
        covered: set[Path] = set()
        for path in sorted(calls, key=lambda each: resolved[each] in called):
            if resolved[path] in covered:
                continue
            covered |= _within(resolved[path], by_path)
            self.progress(path)
            try:
                yield self._with_deployments(path, read(path))
            except InputError as error:
                self._skip(path, error, broken=True)

    def _with_deployments(self, path: Path, source: SourceReading) -> SourceReading:
        """What is read of a source, with the resources of the templates that it deploys."""
        if not any(is_deployment(each.type) for each in source.resources):
            return source
        from lichen_policies.dialects.azure.deployments import expanded

        resources = self._whole(path, list(expanded(source.resources)))
        return msgspec.structs.replace(source, resources=tuple(resources))

    def _mention_sources(self, folder: Path, names: Iterable[str]) -> None:
        for name, (because, fix) in PROGRAMS.items():
            if any(is_program(each, name) for each in names):
                self.skipped.append(Skipped(file=str(folder), because=because, fix=fix))

    def _look(self, files: Iterable[Path]) -> None:
        """Read each file that is a document."""
        for path in files:
            if is_configuration(path):
                self.modules[path.parent] = None
                continue
            if path.suffix == _BICEP:
                self.bicep[path] = None
                continue
            is_kustomization = path.name in KUSTOMIZATIONS
            if path.suffix.lower() not in SUFFIXES and not is_kustomization:
                self.others += 1
                continue
            try:
                text = text_of(content_of(path)) if is_kustomization else _text_of_document(path)
                if text is None or (path.suffix.lower() == _TOML and not _is_of_workloads(text)):
                    self.others += 1
                    continue
                if is_kustomization:
                    self.patches.update(_patches(path, text))
                self.read(path, self.given, text)
            except NotRecognised:
                if text is not None and _is_of_workloads(text):
                    self._skip(path, _UNREAD_WORKLOAD)
                else:
                    self.others += 1
            except NotRendered as error:
                self._skip(path, error)
            except InputError as error:
                self._skip(path, error, broken=True)

    def _skip(self, path: Path, error: InputError, *, broken: bool = False) -> None:
        because = error.wrong if not error.field else f"{error.field} {error.wrong}"
        self.skipped.append(
            Skipped(
                file=error.document or str(path),
                because=because,
                fix="" if isinstance(error, NotParsed) else error.fix,
                broken=broken,
            )
        )


def _as_far_as_seen(source: SourceReading) -> Iterator[Resource]:
    """The resources of a source; where it calls what is not here, each says so."""
    unseen = next((f"{each.file} {each.because}" for each in source.skipped), "")
    for resource in source.resources:
        yield msgspec.structs.replace(resource, unseen=unseen) if unseen else resource


def _within(source: Path, calls: Mapping[Path, frozenset[Path]]) -> set[Path]:
    """A source and all that are called from it, as resolved paths."""
    left, found = [source], set[Path]()
    while left:
        each = left.pop()
        if each not in found:
            found.add(each)
            left.extend(calls.get(each, ()))
    return found


def _is_of_workloads(text: str) -> bool:
    return all(word in text for word in _OF_WORKLOADS)


def _text_of_document(path: Path) -> str | None:
    """A file's text where it may be a document; None where it has nothing to do with a deployment.

    :class:`InputError` where nobody can say: it cannot be read, is too large, or is no text though
    words of a document are in it.
    """
    content = content_of(path)
    try:
        text = text_of(content)
    except InputError:
        if not _may_be_document(content.decode("utf-8", "replace")):
            return None
        raise
    return text if _may_be_document(text) else None


def _may_be_document(text: str) -> bool:
    return any(all(word in text for word in words) for words in _MARKS)


def _patches(kustomization: Path, text: str) -> Iterator[Path]:
    """The files that are only parts of an object, which Kustomize merges into another."""
    from lichen.parsing.yaml_text import from_yaml  # many deployments have no YAML

    for document in from_yaml(text, typed=False):
        for key in _PATCHES:
            written = document.get(key) if isinstance(document, Mapping) else None
            for each in written if isinstance(written, list) else ():
                name = each.get("path") if isinstance(each, Mapping) else each
                if isinstance(name, str) and "\n" not in name:
                    yield kustomization.parent / name
