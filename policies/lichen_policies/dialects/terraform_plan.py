"""A Terraform plan as ``terraform show -json`` prints it: what will be deployed.

Format 1.x. Every managed resource with a value after the change is read, unchanged ones too;
deleted and forgotten ones, and data sources, are not. What the plan marks as known after apply, or
as sensitive, is UNKNOWN: no message can repeat a secret that no rule has read.

A resource's region is what its provider's configuration sets, as far as a plan carries that: a
constant, or one variable looked up through the modules. A plan has neither locals nor the
text of an expression, so a region made of those is UNKNOWN. A provider's default tags are read
alike: the AWS provider marks ``tags_all`` as known after apply even where nothing of it is open.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import zip_longest
from typing import Any

import msgspec

from lichen.document import InputError, convert
from lichen_policies.dialects import kubernetes
from lichen_policies.facts import region
from lichen_policies.facts.resource import Resource
from lichen_policies.facts.unknown import UNKNOWN, Maybe, Unknown, is_unknown


class PlannedChange(msgspec.Struct, frozen=True):
    """What happens to one resource, and the marks over what it will be."""

    actions: tuple[str, ...]
    after: dict[str, Any] | None = None
    after_unknown: bool | dict[str, Any] = False
    after_sensitive: bool | dict[str, Any] = False


class ResourceChange(msgspec.Struct, frozen=True):
    address: str
    mode: str
    type: str
    name: str
    change: PlannedChange
    module_address: str = ""


class Deferred(msgspec.Struct, frozen=True):
    """A change that waits for another apply; it is judged all the same."""

    resource_change: ResourceChange


class Variable(msgspec.Struct, frozen=True):
    """The value that a root variable had when the plan was made."""

    value: Any = None


class Declaration(msgspec.Struct, frozen=True):
    """A variable as its module declares it."""

    default: Any = None
    sensitive: bool = False


class Configured(msgspec.Struct, frozen=True):
    """A resource block: which provider it goes to."""

    type: str
    name: str
    mode: str = "managed"
    provider_config_key: str = ""


class Expression(msgspec.Struct, frozen=True):
    """A constant, or the names that something else is made of; a plan has no more of it."""

    constant_value: Any = msgspec.UNSET
    references: tuple[str, ...] = ()


class ModuleCall(msgspec.Struct, frozen=True):
    module: Module
    expressions: dict[str, Expression] = {}


class Module(msgspec.Struct, frozen=True):
    resources: tuple[Configured, ...] = ()
    module_calls: dict[str, ModuleCall] = {}
    variables: dict[str, Declaration] = {}


class DefaultTags(msgspec.Struct, frozen=True):
    tags: Expression = Expression()


class Settings(msgspec.Struct, frozen=True):
    """What is read of a provider block."""

    region: Expression | None = None
    location: Expression | None = None
    zone: Expression | None = None
    default_tags: tuple[DefaultTags, ...] = ()


class Provider(msgspec.Struct, frozen=True):
    """A provider block; its expressions are read in the module that contains it."""

    expressions: Settings = Settings()
    module_address: str = ""


class PlanConfiguration(msgspec.Struct, frozen=True):
    root_module: Module = Module()
    provider_config: dict[str, Provider] = {}


class TerraformPlan(msgspec.Struct, frozen=True):
    format_version: str
    resource_changes: tuple[ResourceChange, ...] = ()
    deferred_changes: tuple[Deferred, ...] = ()
    configuration: PlanConfiguration = PlanConfiguration()
    variables: dict[str, Variable] = {}
    errored: bool = False


_SECRET: Any = Unknown("is sensitive, so Lichen does not read it")
_NOT_CARRIED: Any = Unknown("is set by an expression that the plan does not contain")

Scope = tuple[str, ...]
"""The names of the modules from the root down to the one that contains an expression."""


def recognises(document: Mapping[str, Any]) -> bool:
    return "format_version" in document and "terraform_version" in document


def resources(document: Mapping[str, Any], file: str) -> list[Resource]:
    """The resources after the plan is applied; :class:`InputError` where not a plan."""
    if "values" in document and "resource_changes" not in document:
        raise InputError(
            "is a Terraform state, which does not show what will be deployed",
            fix="run terraform plan -out=plan && terraform show -json plan > plan.json",
        )
    plan = convert(document, TerraformPlan)
    if not plan.format_version.startswith("1."):
        raise InputError(
            f"plan format {plan.format_version} is not supported",
            fix="plan with Terraform 1.1 or newer, which writes format 1",
            field="format_version",
        )
    if plan.errored:
        raise InputError(
            "Terraform met an error while planning, so resources may be missing",
            fix="correct the configuration until terraform plan succeeds",
            field="errored",
        )
    providers = _providers(plan)
    changes = (*plan.resource_changes, *(wait.resource_change for wait in plan.deferred_changes))
    return [
        _resource(
            planned,
            providers.get((_scope(planned.module_address), planned.type, planned.name), Provider()),
            plan,
            file,
        )
        for planned in changes
        if planned.mode == "managed" and planned.change.after is not None
    ]


def _resource(
    planned: ResourceChange, provider: Provider, plan: TerraformPlan, file: str
) -> Resource:
    properties = _properties(planned.change)
    if is_unknown(properties.get("tags_all")):
        properties["tags_all"] = _all_tags(properties.get("tags"), provider, plan)
    return kubernetes.carried(
        Resource(
            type=planned.type,
            name=planned.name,
            address=planned.address,
            properties=properties,
            dialect="terraform",
            region=_provider_region(provider, plan),
            file=file,
        )
    )


def _properties(change: PlannedChange) -> dict[str, Any]:
    values = _known(change.after, change.after_unknown, change.after_sensitive)
    return values if isinstance(values, dict) else dict.fromkeys(change.after or (), UNKNOWN)


def _known(after: Any, unknown: Any, secret: Any) -> Any:
    """A value under its marks. The marks have its shape, down to a true that covers what is below;
    an object leaves out what is unknown, so the marks may hold keys that it does not."""
    if secret is True:
        return _SECRET
    if unknown is True:
        return UNKNOWN
    if isinstance(after, dict) or (isinstance(unknown, dict) and unknown):
        after, unknown, secret = (
            part if isinstance(part, dict) else {} for part in (after, unknown, secret)
        )
        return {
            key: _known(after.get(key), unknown.get(key), secret.get(key))
            for key in dict.fromkeys((*after, *unknown))
        }
    if isinstance(after, list):
        marks = [part if isinstance(part, list) else [] for part in (unknown, secret)]
        return [_known(*parts) for parts in zip_longest(after, *marks)]
    return after


def _providers(plan: TerraformPlan) -> dict[tuple[Scope, str, str], Provider]:
    """The provider block of every resource block that has one, by module, type and name."""
    blocks = plan.configuration.provider_config
    return {
        (scope, block.type, block.name): blocks[block.provider_config_key]
        for scope, module in _modules(plan.configuration.root_module)
        for block in module.resources
        if block.mode == "managed" and block.provider_config_key in blocks
    }


def _modules(module: Module, scope: Scope = ()) -> Iterator[tuple[Scope, Module]]:
    yield scope, module
    for name, call in module.module_calls.items():
        yield from _modules(call.module, (*scope, name))


_REGION = re.compile(r"[a-z]{2,}(-[a-z]+)+-?\d+")


def _provider_region(provider: Provider, plan: TerraformPlan) -> Maybe[str]:
    """The region that a provider block sets.

    A value that does not look like a region was made by a function, and is unknown.
    """
    scope = _scope(provider.module_address)
    found = region.of_provider(
        {
            name: _evaluated(expression, scope, plan)
            for name in region.PROVIDER_ARGUMENTS
            if (expression := getattr(provider.expressions, name)) is not None
        }
    )
    made = isinstance(found, str) and not _REGION.fullmatch(found)
    return _NOT_CARRIED if made else found


def _all_tags(tags: Any, provider: Provider, plan: TerraformPlan) -> Any:
    """``dict | None``: a resource's tags over its provider's default ones."""
    scope = _scope(provider.module_address)
    by_default: dict[str, Any] = {}
    for block in provider.expressions.default_tags:
        defaults = _evaluated(block.tags, scope, plan)
        if not isinstance(defaults, dict):
            return _NOT_CARRIED
        by_default |= defaults
    if tags is not None and not isinstance(tags, dict):
        return tags
    return {**by_default, **(tags or {})} or None


def _evaluated(expression: Expression, scope: Scope, plan: TerraformPlan) -> Any:
    """The value of a constant, or of a lone reference to a variable; unknown for anything else."""
    if expression.constant_value is not msgspec.UNSET:
        return expression.constant_value
    # `var.regions["far"]` is listed as itself, then as each part of the way to it: `var.regions`.
    whole, *others = expression.references or ("",)
    steps = _STEP.findall(whole.removeprefix("var."))
    if not whole.startswith("var.") or not steps or not all(map(whole.startswith, others)):
        return _NOT_CARRIED
    value = _variable(steps[0][0], scope, plan)
    for attribute, key, index in steps[1:]:
        try:
            value = value[int(index)] if index else value[attribute or key]
        except (KeyError, IndexError, TypeError):
            return _NOT_CARRIED
    return value


_STEP = re.compile(r'([\w-]+)|\["((?:[^"\\]|\\.)*)"\]|\[(\d+)\]')


def _variable(name: str, scope: Scope, plan: TerraformPlan) -> Any:
    """A variable's value: as given to the plan at the root, by the module's caller below."""
    module = plan.configuration.root_module
    caller: ModuleCall | None = None
    for step in scope:
        if (caller := module.module_calls.get(step)) is None:
            return _NOT_CARRIED
        module = caller.module
    declared = module.variables.get(name, Declaration())
    if declared.sensitive:
        return _SECRET
    if caller is None:
        return plan.variables[name].value if name in plan.variables else declared.default
    if name in caller.expressions:
        return _evaluated(caller.expressions[name], scope[:-1], plan)
    return declared.default


_MODULE = re.compile(r'module\.([\w-]+)(?:\[(?:\d+|"(?:[^"\\]|\\.)*")\])?')


def _scope(module_address: str) -> Scope:
    """``module.own[0].module.deeper`` without its instance keys: ``("own", "deeper")``."""
    return tuple(_MODULE.findall(module_address))
