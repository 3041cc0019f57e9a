"""The part of a Terraform plan that says how it was written: modules, blocks and their expressions.

A plan has the text of no expression: a constant is there as its value, anything else as the names
that it is made of. ``var.region`` and ``replace(var.region, "a", "b")`` look the same, so what an
expression holds is read from constants alone. The names still say which resources a value that is
not known yet is made of.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET

from lichen.document import convert

Scope = tuple[str, ...]
"""The names of the modules from the root down to the one that contains an expression."""

Written = Mapping[str, Any] | None
"""How a value was written: ``{"constant_value": ...}``, ``{"references": [...]}``, or a block's
properties by name; None where the plan does not say."""


class ResourceBlock(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A resource block: which provider it goes to, and how its properties are written."""

    address: Any = UNSET
    mode: str = ""
    type: str
    name: str
    provider_config_key: str = ""
    provisioners: Any = UNSET
    expressions: dict[str, Any] = {}
    schema_version: Any = UNSET
    count_expression: Any = UNSET
    for_each_expression: Any = UNSET
    depends_on: Any = UNSET

    @property
    def provider(self) -> str:
        """The provider's name, which a type begins with."""
        return self.type.partition("_")[0]


class Expression(msgspec.Struct, frozen=True, omit_defaults=True):
    """A constant, or the names that something else is made of."""

    constant_value: Any = UNSET
    references: tuple[str, ...] = ()


class Output(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    sensitive: Any = UNSET
    ephemeral: Any = UNSET
    expression: Expression = Expression()
    depends_on: Any = UNSET
    description: Any = UNSET


class Declaration(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A variable as its module declares it."""

    type: Any = UNSET
    default: Any = UNSET
    description: Any = UNSET
    sensitive: bool = False
    ephemeral: Any = UNSET


class ModuleCall(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    source: Any = UNSET
    expressions: dict[str, Any] = {}
    count_expression: Any = UNSET
    for_each_expression: Any = UNSET
    module: Module
    version_constraint: Any = UNSET
    depends_on: Any = UNSET


class Module(msgspec.Struct, frozen=True, omit_defaults=True):
    outputs: dict[str, Output] = {}
    resources: tuple[ResourceBlock, ...] = ()
    module_calls: dict[str, ModuleCall] = {}
    variables: dict[str, Declaration] = {}


class DefaultTags(msgspec.Struct, frozen=True):
    tags: Expression = Expression()


class Settings(msgspec.Struct, frozen=True):
    """What is read of a provider block."""

    region: Expression | None = None
    location: Expression | None = None
    zone: Expression | None = None
    host: Expression | None = None
    default_tags: tuple[DefaultTags, ...] = ()


class Provider(msgspec.Struct, frozen=True):
    """A provider block; its expressions are read in the module that contains it."""

    name: str = ""
    expressions: Settings = Settings()
    module_address: str = ""


class ProviderBlocks(msgspec.Struct, frozen=True):
    """The provider blocks of a plan, by their keys."""

    provider_config: dict[str, Provider] = {}


class PlanConfiguration(msgspec.Struct, frozen=True, omit_defaults=True):
    """How a plan was written.

    It and what it holds have the keys that Terraform prints, in the same order, so that it is the
    same text when it is written again. The provider blocks may have any: :class:`ProviderBlocks`.
    Source: Terraform's documentation, "JSON Output Format".
    """

    provider_config: dict[str, Any] = {}
    root_module: Module = Module()


class Instance(msgspec.Struct, frozen=True):
    """A resource instance as its address says: the module instance that it is in (``""`` at the
    root), its block, and the key of its instance (``[0]``, ``["a"]`` or ``""``)."""

    module: str
    mode: str
    type: str
    name: str
    key: str = ""

    @classmethod
    def of(cls, address: str, module: str, mode: str, type_: str, name: str) -> Instance:
        within = f"{module}." if module else ""
        block = f"{within}{'data.' if mode == 'data' else ''}{type_}.{name}"
        return cls(module, mode, type_, name, address.removeprefix(block))


class WrittenPlan:
    """The configuration of one plan, with the addresses of the instances that it makes."""

    def __init__(self, written: PlanConfiguration, planned: Iterable[tuple[Instance, str]]) -> None:
        """``planned`` has data sources that are read during the apply too. It is gone through where
        a value is first followed to what makes it."""
        self._providers = convert(
            {"provider_config": written.provider_config}, ProviderBlocks, quotes=False
        ).provider_config
        self._modules = dict(_modules(written.root_module))
        self._blocks = {
            (scope, block.mode or "managed", block.type, block.name): block
            for scope, module in self._modules.items()
            for block in module.resources
        }
        self._every_planned = planned

    @cached_property
    def _planned(self) -> _Planned:
        planned = _Planned(defaultdict(list), set(), defaultdict(dict))
        for place, address in self._every_planned:
            scope = scope_of(place.module)
            planned.instances[scope, place.mode, place.type, place.name].append((place, address))
            if place.mode == "managed":
                planned.resources.add(address)
            planned.modules[scope][place.module] = None
        return planned

    def block(self, module: str, mode: str, type_: str, name: str) -> ResourceBlock | None:
        """The block that makes a resource instance, by the address of its module."""
        return self._blocks.get((scope_of(module), mode, type_, name))

    def provider_keys(self, block: ResourceBlock) -> list[str]:
        """The keys of the provider blocks that a resource block may go to, which is one.

        Up to Terraform 1.1 a provider that a module inherits is ``module:aws``, which is no key:
        the caller may have handed down another one of that name.
        """
        key, known = block.provider_config_key, self._providers
        while key not in known and ":" in key:
            within, _, name = key.rpartition(":")
            outer = within.rpartition(".")[0].removesuffix(".module")
            key = f"{outer}:{name}" if outer and outer != "module" else name
        if key == block.provider_config_key or key not in known:
            return [key]
        return [other for other in known if other.split(".")[0] == key.split(".")[0]]

    def provider(self, key: str) -> Provider:
        """A provider block; an empty one where nobody writes it."""
        return self._providers.get(key, Provider())

    def is_sensitive(self, variable: str, scope: Scope) -> bool:
        """Whether the value of a module's variable is secret."""
        return self._module(scope).variables.get(variable, Declaration()).sensitive

    def default(self, variable: str, scope: Scope) -> Any:
        """What a variable holds where nobody gives it a value."""
        default = self._module(scope).variables.get(variable, Declaration()).default
        return None if default is UNSET else default

    def passed(self, variable: str, scope: Scope) -> Expression | None:
        """What the caller of a module gives as one of its variables; None where nobody does."""
        call = self._module(scope[:-1]).module_calls.get(scope[-1]) if scope else None
        written = None if call is None else call.expressions.get(variable)
        if not is_expression(written):
            return None
        try:
            return msgspec.convert(written, Expression)
        except msgspec.ValidationError:
            return None

    def _module(self, scope: Scope) -> Module:
        return self._modules.get(scope, Module())

    def made_of(self, written: Written, place: Instance) -> tuple[str, ...] | None:
        """The addresses of the planned resources that a property of a resource is made of, where it
        is known only after apply.

        None where it is left to the provider: nobody writes it, or an expression that is null,
        since the plan knows all that it is made of. Empty where it is made of what is not in the
        plan: a local is taken to be known after apply, not null.
        """
        if written is None:
            return None
        if not is_expression(written):  # a block, or a function of nothing
            return ()
        block = self.block(place.module, place.mode, place.type, place.name)
        here = _Here(place.module, place.key, block.for_each_expression if block else None)
        behind = dict.fromkeys(self._followed(written, here, frozenset()))
        return tuple(each for each in behind if each in self._planned.resources) if behind else None

    def _followed(self, written: Any, here: _Here, seen: _Seen) -> Iterator[str]:
        names = references_of(written)
        keyed = any(name.startswith(("each.", "count.")) for name in names)
        for name in names:
            if (here.module, name) not in seen:
                yield from self._behind(name, here, keyed, seen | {(here.module, name)})

    def _behind(self, name: str, here: _Here, keyed: bool, seen: _Seen) -> Iterator[str]:
        """The addresses behind one name, or ``_LOCAL``; ``keyed`` where it is beside the key of the
        instance."""
        kind, _, rest = name.partition(".")
        if kind == "each":
            # Of a local's parts many are null, as in a table of pools that differ.
            for each in references_of(here.each):
                found = self._behind(each, here, True, seen)
                yield from (address for address in found if address != _LOCAL)
        elif kind == "local":
            yield _LOCAL
        elif kind == "var":
            yield from self._passed(rest, here, seen)
        elif kind == "module":
            yield from self._output(rest, here, seen)
        elif block := re.match(_BLOCK, name):
            yield from self._instances(block, here, keyed)

    def _passed(self, variable: str, here: _Here, seen: _Seen) -> Iterator[str]:
        """The addresses behind what a module's caller gives it."""
        scope = scope_of(here.module)
        if not scope:
            return
        call = self._module(scope[:-1]).module_calls.get(scope[-1])
        if call is None:
            return
        outer = re.sub(_LAST_MODULE, "", here.module)
        key = re.search(_LAST_MODULE, here.module)
        caller = _Here(outer, key["key"] or "" if key else "", call.for_each_expression)
        yield from self._followed(call.expressions.get(_name(variable)), caller, seen)

    def _output(self, rest: str, here: _Here, seen: _Seen) -> Iterator[str]:
        """The addresses behind the output of a module that is called here."""
        called = re.match(_CALLED, rest)
        if called is None:
            return
        inner = (*scope_of(here.module), called["name"])
        outputs = self._module(inner).outputs
        within = f"{here.module}." if here.module else ""
        module = f"{within}module.{called['name']}{called['key'] or ''}"
        names = (called["output"],) if called["output"] else tuple(outputs)
        for instance in self._instances_of(module, inner):
            for name in names:
                if name in outputs:
                    written = {"references": outputs[name].expression.references}
                    yield from self._followed(written, _Here(instance, "", None), seen)

    def _instances_of(self, module: str, scope: Scope) -> list[str]:
        """The planned instances of a module, or the one that is named."""
        return [
            found
            for found in self._planned.modules.get(scope, ())
            if found == module or found.startswith(f"{module}[")
        ]

    def _instances(self, block: re.Match[str], here: _Here, keyed: bool) -> Iterator[str]:
        """The addresses of a block's instances: the one that is named, or of the same key."""
        mode = "data" if block["data"] else "managed"
        same = {
            place.key: address
            for place, address in self._planned.instances.get(
                (scope_of(here.module), mode, block["type"], block["name"]), ()
            )
            if place.module == here.module
        }
        key = block["key"] or (here.key if keyed else "")
        yield from (same[key],) if key in same else same.values()


_LOCAL = "local"
"""In place of the addresses that a local is made of, which a plan does not say."""

_BlockKey = tuple[Scope, str, str, str]
"""A block by its module, its mode, its type and its name."""


class _Planned(NamedTuple):
    """The planned instances, each with its address: those of each block, the addresses of those
    that are managed, and the module instances that they are in, by their scope."""

    instances: dict[_BlockKey, list[tuple[Instance, str]]]
    resources: set[str]
    modules: dict[Scope, dict[str, None]]


_Seen = frozenset[tuple[str, str]]
"""The names that lead to where an expression is read, each with its module: none is met twice."""


class _Here(msgspec.Struct, frozen=True):
    """Where an expression is read: a module instance, the key of the instance that it is for, and
    what that instance is one of."""

    module: str
    key: str
    each: Any


def references_of(written: Any) -> Sequence[str]:
    """The names that an expression is made of, each as far as it is written.

    ``aws_x.y["a"].id`` is listed as itself, then as each part of the way to it.
    """
    names = written.get("references") if isinstance(written, Mapping) else None
    kept: list[str] = []
    for name in names if isinstance(names, list | tuple) else ():
        if not isinstance(name, str) or name in kept:
            continue
        if not (kept and kept[-1].startswith((f"{name}.", f"{name}["))):
            kept.append(name)
    return kept


def property_of(written: Any, name: str) -> Any:
    """How a property of a block is written; an expression over the whole is one over the part."""
    if not isinstance(written, Mapping) or is_expression(written):
        return written
    return written.get(name)


def blocks_of(written: Any, values: Sequence[Any]) -> list[Any]:
    """How each of a list of blocks or values is written.

    A set's blocks are in another order than they were written in, and a dynamic block is not
    among them: one is found by the constants that it has.
    """
    if not isinstance(written, list):
        return [written] * len(values) if is_expression(written) else [None] * len(values)
    left = list(written)
    found: list[Any] = []
    for value in values:
        chosen = next((block for block in left if _fits(block, value)), None)
        if chosen is not None:
            left.remove(chosen)
        found.append(chosen)
    return found


def is_expression(written: Any) -> bool:
    return isinstance(written, Mapping) and ("references" in written or "constant_value" in written)


def _fits(block: Any, value: Any) -> bool:
    """Whether a block's constants are those of a value."""
    if not isinstance(block, Mapping) or not isinstance(value, Mapping):
        return False
    return all(
        value.get(name) == expression["constant_value"]
        for name, expression in block.items()
        if isinstance(expression, Mapping) and "constant_value" in expression
    )


def _modules(module: Module, scope: Scope = ()) -> Iterator[tuple[Scope, Module]]:
    yield scope, module
    for name, call in module.module_calls.items():
        yield from _modules(call.module, (*scope, name))


_KEY = r'\[(?:\d+|"(?:[^"\\]|\\.)*")\]'
_MODULE = rf"module\.([\w-]+)(?:{_KEY})?"
_LAST_MODULE = rf"\.?module\.[\w-]+(?P<key>{_KEY})?$"
_BLOCK = rf"(?P<data>data\.)?(?P<type>[a-z][a-z0-9]*_\w+)\.(?P<name>[\w-]+)(?P<key>{_KEY})?"
_CALLED = rf"(?P<name>[\w-]+)(?P<key>{_KEY})?(?:\.(?P<output>[\w-]+))?"
"""Texts, which re compiles when they are first needed: most plans need none of them."""


@lru_cache(maxsize=1024)  # many resources are in one module, and each is asked several times
def scope_of(module_address: str) -> Scope:
    """``module.own[0].module.deeper`` without its instance keys: ``("own", "deeper")``."""
    return tuple(re.findall(_MODULE, module_address)) if module_address else ()


def _name(reference: str) -> str:
    """``regions`` of ``regions["far"].name``."""
    return re.split(r"[.\[]", reference, maxsplit=1)[0]
