"""The resources of a module as it is written, through the modules that it calls.

A variable of the root has the value that ``terraform.tfvars``, a file of variables or the command
line gives it; a default that whoever applies it may replace is none. A variable of a module that is
called has what its caller gives, and its default where that is nothing. What a count or a for_each
makes is made here too, where it is known; else the resource is made once, under that condition.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from lichen.clouds import CLOUDS
from lichen.clouds.cloud import ImageSource, RegionSource
from lichen.document import InputError, did_you_mean
from lichen.parsing.content import content_of, text_of
from lichen_policies.beside import comments
from lichen_policies.dialects import kubernetes
from lichen_policies.dialects.carried import carried
from lichen_policies.dialects.deployment_input import DeploymentInput
from lichen_policies.dialects.hcl import syntax
from lichen_policies.dialects.hcl.expressions import (
    EVERY,
    OPEN,
    Bound,
    Names,
    Step,
    at,
    value,
)
from lichen_policies.dialects.hcl.files import too_deep_in
from lichen_policies.dialects.hcl.making import (
    MOST_RESOURCES,
    NO_PROPERTIES,
    KeyedInstance,
    instances,
    is_key,
    properties,
)
from lichen_policies.dialects.hcl.providers import ProviderBlock, handed, name_and_key, name_of
from lichen_policies.dialects.hcl.syntax import Block, Body, Written
from lichen_policies.dialects.source_reading import SourceReading
from lichen_policies.dialects.terraform_block import over
from lichen_policies.dialects.terraform_values import SECRET
from lichen_policies.facts import region
from lichen_policies.facts.resource import Resource
from lichen_policies.facts.unknown import AFTER_DEPLOYMENT, Maybe, Unknown, has_unknown, is_unknown
from lichen_policies.verdict import Skipped

MOST_MODULES = 10_000
"""How many modules are entered for one root, each as often as it is called."""

_NOT_PASSED = ("source", "version", "count", "for_each", "providers", "depends_on")

_LOOP: Any = Unknown("is made of itself")


def read_module(
    folder: Path, given: DeploymentInput, files: Callable[[Path], Body]
) -> SourceReading:
    """A folder as the module that is applied; ``files`` is :func:`files_of`, which may remember.

    :class:`InputError` names the file and line that is no configuration.
    """
    reading = _Reading(folder, files)
    try:
        root = _Module(reading, folder, _Place("", None, None, {}, {}, ()))
        root.values = _given(root, folder, given)
        resources = tuple(root.resources())
    except RecursionError:
        raise too_deep_in(folder) from None
    return SourceReading(resources, tuple(reading.skipped))


def called_by(folder: Path, files: Callable[[Path], Body]) -> frozenset[Path]:
    """The folders that the files of one call as modules by a path."""
    return frozenset(
        (folder / source).resolve()
        for block in files(folder).of("module")
        if isinstance(source := _constant(block.body.arguments.get("source")), str)
        and source.startswith(("./", "../"))
    )


def _constant(written: Written) -> Any:
    return None if written is None else value(written, _Nothing())


class _Nothing:
    """No names: what is made of one is not known."""

    def found(self, _name: str, _steps: Sequence[Step], /) -> Any:
        return OPEN


def _given(root: _Module, folder: Path, given: DeploymentInput) -> dict[str, Any]:
    """The values of the root's variables: of the files that Terraform reads by itself, then of what
    the command line gives."""
    files = [
        *(folder / name for name in ("terraform.tfvars", "terraform.tfvars.json")),
        *sorted((*folder.glob("*.auto.tfvars"), *folder.glob("*.auto.tfvars.json"))),
        *((given.variables_file,) if given.variables_file is not None else ()),
    ]
    values: dict[str, Any] = {}
    for file in files:
        if file.is_file() or file == given.variables_file:
            try:
                written = syntax.variables(file)
            except InputError as error:
                raise error.within(str(file)) from None
            values |= {name: value(each, _Nothing()) for name, each in written.items()}
    for name, text in given.parameters.items():
        if name in root.variables:
            values[name] = _as_declared(text, root.variables[name])
        elif given.exact:
            raise InputError(
                "is no variable of the module",
                fix=did_you_mean(name, root.variables),
                field=name,
                document=str(folder),
            )
    return values


def _as_declared(text: Maybe[str], declared: Block) -> Any:
    """A value of the command line: text, or what the variable's type says."""
    kind = declared.body.arguments.get("type")
    written = kind if isinstance(kind, str) else "" if kind is None else syntax.text_in(kind)
    if not isinstance(text, str) or written in ("", "string", "any"):
        return text
    with suppress(InputError, StopIteration):
        return value(syntax.expression(text), _Nothing())
    return OPEN


class _Reading:
    """What is gathered while a root module is read."""

    def __init__(self, folder: Path, files: Callable[[Path], Body]) -> None:
        self.folder = folder
        self.files = files
        self.skipped: list[Skipped] = []
        self._made = 0
        self._entered = 0
        self._lines: dict[Path, list[str]] = {}
        self._installed = _installed(folder)

    def count(self) -> None:
        """One resource or module more; :class:`InputError` where there are too many."""
        self._made += 1
        if self._made > MOST_RESOURCES:
            raise InputError(
                f"makes more than {MOST_RESOURCES} resources and modules",
                fix="check its plan",
                document=str(self.folder),
            )

    def count_module(self) -> None:
        """One module more, which is read anew each time that it is called."""
        self.count()
        self._entered += 1
        if self._entered > MOST_MODULES:
            raise InputError(
                f"calls more than {MOST_MODULES:,} modules",
                fix="check its plan",
                document=str(self.folder),
            )

    def lines(self, file: Path) -> list[str]:
        if file not in self._lines:
            self._lines[file] = text_of(content_of(file)).splitlines()
        return self._lines[file]

    def folder_of(self, source: Any, names: tuple[str, ...], inside: Path) -> Path | None:
        """The folder of a module that is called; None where it is not here."""
        if isinstance(source, str) and source.startswith(("./", "../")):
            found = Path(os.path.normpath(inside / source))
        elif ".".join(names) in self._installed:
            found = self.folder / self._installed[".".join(names)]
        else:
            return None
        return found if found.is_dir() else None


def _installed(folder: Path) -> dict[str, str]:
    """The folders that ``terraform init`` has put modules into, by their names."""
    index = folder / ".terraform" / "modules" / "modules.json"
    try:
        entries = json.loads(content_of(index))["Modules"]
        return {each["Key"]: each["Dir"] for each in entries}
    except (InputError, ValueError, KeyError, TypeError):
        return {}


class _Place(NamedTuple):
    """Where a module is called: its address, its caller, the call and the names in that, what the
    providers are called in it, and the names of the modules from the root down."""

    address: str
    caller: _Module | None
    call: Block | None
    own: Mapping[str, Any]
    providers: Mapping[str, str]
    names: tuple[str, ...]
    only_if: str = ""


class _Module:
    """A module as it is called once: what its names are of."""

    def __init__(self, reading: _Reading, folder: Path, place: _Place) -> None:
        files = reading.files(folder)
        self.values: Mapping[str, Any] | None = None
        self._reading = reading
        self._folder = folder
        self._place = place
        outer = frozenset() if place.caller is None else place.caller._inside
        self._inside: frozenset[Path] = outer | {folder.resolve()}
        self.variables = {block.label: block for block in files.of("variable")}
        self._locals = {
            name: written
            for block in files.of("locals")
            for name, written in block.body.arguments.items()
        }
        self._outputs = {block.label: block for block in files.of("output")}
        self._providers = list(files.of("provider"))
        self._resources = {(block.labels[0], block.label): block for block in files.of("resource")}
        self._data = {(block.labels[0], block.label): block for block in files.of("data")}
        self._calls = {block.label: block for block in files.of("module")}
        self._found_providers: dict[str, ProviderBlock | None] = {}
        self._known: dict[tuple[str, str], Any] = {}
        self._instances: dict[tuple[str, str], tuple[KeyedInstance, ...]] = {}
        self._modules: dict[str, tuple[tuple[KeyedInstance, _Module], ...]] = {}

    # What the names in an expression are of.

    def found(self, name: str, steps: Sequence[Step], /) -> Any:
        first, rest = (steps[0], steps[1:]) if steps else ("", ())
        if name == "var" and isinstance(first, str):
            return at(self._once("var", first, self._variable), rest)
        if name == "local" and isinstance(first, str):
            return _as_named(name, steps, at(self._once("local", first, self._local), rest))
        if name == "module" and isinstance(first, str):
            return self._output(first, rest)
        if name == "data" and isinstance(first, str) and rest and isinstance(rest[0], str):
            return _as_named(name, steps, self._answer(first, rest[0], rest[1:]))
        if isinstance(first, str) and (name, first) in self._resources:
            return self._attribute((name, first), rest)
        return OPEN

    def _once(self, kind: str, name: str, read: Any) -> Any:
        key = (kind, name)
        if key not in self._known:
            self._known[key] = _LOOP
            self._known[key] = read(name)
        return self._known[key]

    def _variable(self, name: str) -> Any:
        declared = self.variables.get(name)
        if declared is None:
            return OPEN
        written = declared.body.arguments
        if "sensitive" in written and value(written["sensitive"], _Nothing()) is True:
            return SECRET
        if self._place.call is None:
            if self.values is not None and name in self.values:
                return self.values[name]
            return _unset(name, has_default="default" in written)
        passed = self._place.call.body.arguments.get(name)
        if passed is not None and name not in _NOT_PASSED and self._place.caller is not None:
            found = value(passed, Bound(self._place.caller, self._place.own))
            if found is not None:
                return found
        return value(written["default"], self) if "default" in written else None

    def _local(self, name: str) -> Any:
        return value(self._locals[name], self) if name in self._locals else OPEN

    def _output(self, name: str, steps: Sequence[Step]) -> Any:
        """The output of a module that is called, in each of its instances."""
        if name not in self._calls:
            return OPEN
        called = self._called(name)
        keyed = _is_keyed(self._calls[name])
        found = [
            (instance, module)
            for instance, module in called
            if not keyed or not steps or is_key(steps[0], instance.key)
        ]
        rest = steps[1:] if keyed else steps
        if len(found) != 1 or not rest or not isinstance(rest[0], str):
            return OPEN
        _, module = found[0]
        output = module._outputs.get(rest[0])
        if output is None or "value" not in output.body.arguments:
            return OPEN
        return at(module._once("output", rest[0], module._output_value), rest[1:])

    def _output_value(self, name: str) -> Any:
        return value(self._outputs[name].body.arguments["value"], self)

    def _answer(self, kind: str, name: str, steps: Sequence[Step]) -> Any:
        """What a data source answers: its provider's region, where it asks for that alone, or the
        name of an image that its cloud publishes."""
        block = self._data.get((kind, name))
        if block is None or len(steps) != 1:
            return OPEN
        for cloud in CLOUDS.values():
            if kind in cloud.region_sources:
                return self._region_answered(block, cloud.region_sources[kind], steps[0])
            if kind in cloud.image_sources:
                return self._image_answered(block, cloud.image_sources[kind], steps[0])
        return OPEN

    def _region_answered(self, block: Block, source: RegionSource, step: Step) -> Any:
        asked = any(argument in block.body.arguments for argument in source.unless)
        is_region = step in (source.property, "id", "name", "region")
        if asked or not is_region:
            return OPEN
        provider = self._provider(block, self)
        return region.ELSEWHERE if provider is None else provider.region or OPEN

    def _image_answered(self, block: Block, source: ImageSource, step: Step) -> Any:
        """An image of which the registry alone is not known: it is another one in each region."""
        written = block.body.arguments
        repository, tag = (
            value(written[name], self) if name in written else None
            for name in (source.repository, source.tag)
        )
        if step != source.property or not isinstance(repository, str) or not isinstance(tag, str):
            return OPEN
        return Unknown(OPEN.because, (), f"{source.registry}/{repository}:{tag}")

    def _attribute(self, which: tuple[str, str], steps: Sequence[Step]) -> Any:
        """An attribute of a resource: as it is written, else known after deployment."""
        block, made = self._resources[which], self._made(which)
        keyed, unsure = _is_keyed(block), any(each.only_if for each in made)
        splat = bool(steps) and steps[0] is EVERY
        if not unsure and (splat or (keyed and not steps)):
            every = [self._of_instance(which, (each,), steps[1:]) for each in made]
            if splat or "count" in block.body.arguments:
                return every
            return {each.own["each"]["key"]: found for each, found in zip(made, every, strict=True)}
        if keyed and steps:
            if not is_unknown(steps[0]) and not unsure:
                made = tuple(each for each in made if is_key(steps[0], each.key))
            steps = steps[1:]
        return self._of_instance(which, made, steps)

    def _of_instance(
        self, which: tuple[str, str], made: Sequence[KeyedInstance], steps: Sequence[Step]
    ) -> Any:
        """An attribute of the one instance that is meant, or of one of several."""
        block = self._resources[which]
        references = tuple(self._address(which, each.key) for each in made)
        unknown = Unknown(AFTER_DEPLOYMENT, references, f"${{{'.'.join(which)}{_way(steps)}}}")
        if len(made) != 1 or not steps or not isinstance(steps[0], str):
            return unknown
        written = block.body.arguments.get(steps[0])
        if written is None or steps[0] in NO_PROPERTIES:
            return unknown
        (instance,) = made
        whole = self._once(
            f"attribute {steps[0]}",
            f"{'.'.join(which)}{instance.key}",
            lambda _: value(written, self._in(instance)),
        )
        found = at(whole, steps[1:])
        if has_unknown(found):
            because = found.because if is_unknown(found) else OPEN.because
            return Unknown(because, references, unknown.written)
        return found

    # What is made.

    def resources(self) -> Iterator[Resource]:
        """Every resource of the module and of those that it calls."""
        for which, block in self._resources.items():
            for instance in self._made(which):
                self._reading.count()
                yield self._resource(which, block, instance)
        for name in self._calls:
            for _, module in self._called(name):
                yield from module.resources()

    def _resource(self, which: tuple[str, str], block: Block, instance: KeyedInstance) -> Resource:
        kind, name = which
        values = properties(block.body, self._in(instance))
        provider = self._provider(block, self._in(instance))
        if provider is not None and provider.default_tags is not None:
            values["tags_all"] = over(provider.default_tags, values.get("tags"))
        place = region.ELSEWHERE if provider is None else provider.region
        if place is None and kind.startswith(kubernetes.PREFIXES) and provider is not None:
            place = kubernetes.in_cluster_of(provider.hosts)
        lines = self._reading.lines(block.file) if block.line is not None else []
        return carried(
            Resource(
                type=kind,
                name=name,
                address=self._address(which, instance.key),
                properties=values,
                dialect="terraform",
                region=place,
                file=str(block.file),
                line=block.line,
                document=str(self._reading.folder),
                notes=comments(lines, block.line, block.last_line)
                if block.line is not None and block.last_line is not None
                else (),
                only_if=instance.only_if or self._place.only_if,
            )
        )

    def _in(self, instance: KeyedInstance) -> Names:
        return Bound(self, instance.own)

    def _address(self, which: tuple[str, str], key: str) -> str:
        within = f"{self._place.address}." if self._place.address else ""
        return f"{within}{which[0]}.{which[1]}{key}"

    def _made(self, which: tuple[str, str]) -> tuple[KeyedInstance, ...]:
        if which not in self._instances:
            self._instances[which] = ()  # one that counts itself makes none
            self._instances[which] = instances(self._resources[which].body, self)
        return self._instances[which]

    def _called(self, name: str) -> tuple[tuple[KeyedInstance, _Module], ...]:
        """The instances of a module that is called; none of one that is not here."""
        if name not in self._modules:
            self._modules[name] = ()
            self._modules[name] = tuple(self._enter(self._calls[name]))
        return self._modules[name]

    def _enter(self, call: Block) -> Iterator[tuple[KeyedInstance, _Module]]:
        source = _constant(call.body.arguments.get("source"))
        names = (*self._place.names, call.label)
        folder = self._reading.folder_of(source, names, self._folder)
        inside = None if folder is None else folder.resolve()
        if folder is None or inside in self._inside:
            because = "which is not here" if folder is None else "which it is inside of"
            mention = Skipped(
                file=str(call.file),
                because=f"calls the module {call.label}, {because}",
                fix="run terraform init, or check the plan",
                missing=True,
            )
            if mention not in self._reading.skipped:
                self._reading.skipped.append(mention)
            return
        providers = handed(call.body.arguments.get("providers"))
        within = f"{self._place.address}." if self._place.address else ""
        for instance in instances(call.body, self):
            self._reading.count_module()
            place = _Place(
                address=f"{within}module.{call.label}{instance.key}",
                caller=self,
                call=call,
                own=instance.own,
                providers=providers,
                names=names,
                only_if=instance.only_if or self._place.only_if,
            )
            yield instance, _Module(self._reading, folder, place)

    # Providers.

    def _provider(self, block: Block, names: Names) -> ProviderBlock | None:
        """The provider that a block goes to; None where nobody here configures it."""
        written = block.body.arguments.get("provider")
        return self.provider(
            name_of(written) if written is not None else block.labels[0].partition("_")[0], names
        )

    def provider(self, written: str, names: Names) -> ProviderBlock | None:
        """The provider of a name such as ``aws.west``, written here or handed down, or of one of
        several, such as ``aws.west[each.key]``."""
        name, key = name_and_key(written, names)
        if name not in self._found_providers:
            self._found_providers[name] = self._find_provider(name)
        found = self._found_providers[name]
        return found if key is None or found is None else found.of_key(key)

    def _find_provider(self, name: str) -> ProviderBlock | None:
        first, _, alias = name.partition(".")
        for block in self._providers:
            written = block.body.arguments.get("alias")
            if block.label == first and (_constant(written) or "") == alias:
                return ProviderBlock(block, self)
        caller = self._place.caller
        if caller is None:
            return None
        outer = self._place.providers.get(name, None if alias else name)
        own = Bound(caller, self._place.own)
        return None if outer is None else caller.provider(outer, own)


def _is_keyed(block: Block) -> bool:
    """Whether a count or a for_each makes several of it."""
    return any(name in block.body.arguments for name in ("count", "for_each"))


def _unset(name: str, *, has_default: bool) -> Unknown:
    give = f"give --parameter {name}=..., or check the plan"
    written = f"${{var.{name}}}"
    if has_default:
        because = f"is the default of var.{name}, which may be replaced ({give})"
        return Unknown(because, written=written)
    return Unknown(f"is var.{name}, which has no value here ({give})", written=written)


def _as_named(name: str, steps: Sequence[Step], found: Any) -> Any:
    """A value; one that is not known with what it is called, where it has no text of its own: two
    properties that name the same have the same value."""
    if not is_unknown(found) or found.written or not all(isinstance(each, str) for each in steps):
        return found
    return Unknown(found.because, found.references, f"${{{name}{_way(steps)}}}", found.names)


def _way(steps: Sequence[Step]) -> str:
    return "".join(f".{step}" for step in steps if isinstance(step, str))
