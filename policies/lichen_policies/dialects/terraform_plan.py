"""A Terraform plan as ``terraform show -json`` prints it: what will be deployed.

Formats 0.1 to 1.x. Every managed resource with a value after the change is read, unchanged ones
too; deleted and forgotten ones, and data sources, are not. What the plan marks as known after
apply, or as sensitive, is UNKNOWN: no message can repeat a secret that no rule has read. What is
known after apply names the resources that it is made of, as far as the configuration says; what
nobody gives is LEFT_OUT.

Terraform prints no dynamic block. One whose number is known only after apply looks like a block
that nobody wrote and that its provider computes: the files themselves tell them apart.

A provider's default tags are read as its region is (:mod:`terraform_provider`): the AWS provider
marks ``tags_all`` as known after apply even where nothing of it is open.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import zip_longest
from typing import Any

import msgspec
from msgspec import UNSET, UnsetType

from lichen.clouds import CLOUDS
from lichen.document import InputError, convert
from lichen.parsing.json_text import Later
from lichen_policies.dialects import kubernetes
from lichen_policies.dialects.carried import carried
from lichen_policies.dialects.secrets import without_copies
from lichen_policies.dialects.terraform_configuration import (
    Instance,
    PlanConfiguration,
    ResourceBlock,
    WrittenPlan,
    blocks_of,
    property_of,
    references_of,
)
from lichen_policies.dialects.terraform_provider import Providers
from lichen_policies.dialects.terraform_values import SECRET, Values
from lichen_policies.facts.resource import Resource
from lichen_policies.facts.unknown import AFTER_DEPLOYMENT, LEFT_OUT, UNKNOWN, Unknown, is_unknown


class PlannedChange(msgspec.Struct, frozen=True):
    """What happens to one resource, and the marks over what it will be."""

    actions: tuple[str, ...]
    before: Any = UNSET
    after: dict[str, Any] | UnsetType | None = UNSET
    after_unknown: bool | dict[str, Any] | UnsetType = UNSET
    before_sensitive: Any = UNSET
    after_sensitive: bool | dict[str, Any] | UnsetType = UNSET
    replace_paths: Any = UNSET
    importing: Any = UNSET
    generated_config: Any = UNSET
    before_identity: Any = UNSET
    after_identity: Any = UNSET


class ResourceChange(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A change as Terraform prints it, its keys in the same order: written again, it is the same
    text. Source: Terraform's documentation, "JSON Output Format"."""

    address: str
    previous_address: Any = UNSET
    module_address: str = ""
    mode: str
    type: str
    name: str
    index: Any = UNSET
    provider_name: Any = UNSET
    deposed: Any = UNSET
    change: PlannedChange
    action_reason: Any = UNSET

    @property
    def place(self) -> Instance:
        return Instance.of(self.address, self.module_address, self.mode, self.type, self.name)


class Deferred(msgspec.Struct, frozen=True):
    """A change that waits for another apply; it is judged all the same."""

    resource_change: ResourceChange


class Variable(msgspec.Struct, frozen=True):
    """The value that a root variable had when the plan was made."""

    value: Any = None


class PriorState(msgspec.Struct, frozen=True):
    """What stood, and what data sources answered, when the plan was made."""

    values: Values = Values()


class LateParts(msgspec.Struct, frozen=True):
    """The parts of a plan that are read where its changes do not say enough."""

    planned_values: Values = Values()
    prior_state: PriorState = PriorState()


class TerraformPlan(msgspec.Struct, frozen=True):
    """A plan; of two of its parts what :class:`LateParts` has, or the text of it."""

    format_version: str
    resource_changes: tuple[ResourceChange, ...] = ()
    deferred_changes: tuple[Deferred, ...] = ()
    planned_values: Any = None
    prior_state: Any = None
    configuration: PlanConfiguration = PlanConfiguration()
    variables: dict[str, Variable] = {}
    errored: bool = False

    def late(self, part: str) -> LateParts:
        """One of the parts that are read late. Raises :class:`InputError` where it cannot be."""
        value = getattr(self, part)
        value = value.value if isinstance(value, Later) else value
        return LateParts() if value is None else convert({part: value}, LateParts, quotes=False)


_OF_A_PLAN = ("planned_values", "resource_changes", "configuration", "prior_state", "errored")


def recognises(document: Mapping[str, Any]) -> bool:
    """Whether it is a plan, or what is shown where nothing is deployed yet. What Terraform prints
    of its providers, its functions or a validation has a ``format_version`` too."""
    if "format_version" not in document:
        return False
    is_empty = document.keys() <= {"format_version", "terraform_version"}
    is_plan = any(key in document for key in _OF_A_PLAN)
    return is_empty or (is_plan and ("values" not in document or "resource_changes" in document))


def resources(document: Mapping[str, Any], file: str) -> list[Resource]:
    """The resources after the plan is applied; :class:`InputError` where not a whole plan."""
    plan = convert(_read(document), TerraformPlan, quotes=False)
    if not plan.format_version.startswith(("0.", "1.")):
        raise InputError(
            f"plan format {plan.format_version} is newer than Lichen reads, which is 0.1 to 1.x",
            fix="upgrade Lichen, or plan with a Terraform of the 1.x series",
            field="format_version",
        )
    if plan.errored:
        raise InputError(
            "Terraform met an error while planning, so resources may be missing",
            fix="correct the configuration until terraform plan succeeds",
            field="errored",
        )
    changes = (*plan.resource_changes, *(wait.resource_change for wait in plan.deferred_changes))
    if not changes and _plans_any(plan):
        raise InputError(
            "is missing although planned_values has resources, so what is not known yet is not "
            "marked",
            fix="give the whole output of terraform show -json",
            field="resource_changes",
        )
    return _Plan(plan, changes).resources(file)


_TYPED: Mapping[str, msgspec.json.Decoder[Any]] = {
    "resource_changes": msgspec.json.Decoder(tuple[ResourceChange, ...]),
    "configuration": msgspec.json.Decoder(PlanConfiguration),
}


def _read(document: Mapping[str, Any]) -> dict[str, Any]:
    """A plan with those of its parts decoded that are always read."""
    plan = dict(document)
    for name, decoder in _TYPED.items():
        part = plan.get(name)
        if isinstance(part, Later):
            found = part.by(decoder)
            plan[name] = part.value if found is None else found
    return plan


def _plans_any(plan: TerraformPlan) -> bool:
    planned = plan.late("planned_values").planned_values.root_module.every()
    return any(each.mode == "managed" for _, each in planned)


class _Plan:
    """A plan with what its parts say of each other."""

    def __init__(self, plan: TerraformPlan, changes: Iterable[ResourceChange]) -> None:
        managed = [
            each
            for each in changes
            if each.mode == "managed" and isinstance(each.change.after, dict)
        ]
        read_later = [
            each for each in changes if each.mode == "data" and "read" in each.change.actions
        ]
        self._configuration = WrittenPlan(
            plan.configuration, ((each.place, each.address) for each in (*managed, *read_later))
        )
        block = self._configuration.block
        self._changes = [
            (each, block(each.module_address, each.mode, each.type, each.name)) for each in managed
        ]
        self._providers = Providers(
            self._configuration,
            {name: variable.value for name, variable in plan.variables.items()},
            self._answered(plan),
        )

    def _answered(self, plan: TerraformPlan) -> Iterator[tuple[ResourceBlock, Mapping[str, Any]]]:
        """What the plan knows of the instances that stay, are made, or are only read."""
        before = plan.late("prior_state").prior_state.values
        for place, each in before.root_module.every():
            if each.mode == "data" and each.values:
                block = self._configuration.block(place.module, "data", place.type, place.name)
                if block is not None:
                    yield block, each.values
        for planned, block in self._changes:
            after = planned.change.after
            if block is not None and after and "delete" not in planned.change.actions:
                yield block, after

    def resources(self, file: str) -> list[Resource]:
        return [self._resource(*change, file) for change in self._changes]

    def _resource(
        self, planned: ResourceChange, block: ResourceBlock | None, file: str
    ) -> Resource:
        properties = self._properties(planned, block)
        if is_unknown(properties.get("tags_all")):
            properties["tags_all"] = self._all_tags(properties.get("tags"), block)
        place_of = self._providers.region(block)
        if place_of is None and planned.type.startswith(kubernetes.PREFIXES):
            place_of = kubernetes.in_cluster_of(self._providers.hosts(block))
        return carried(
            Resource(
                type=planned.type,
                name=planned.name,
                address=planned.address,
                properties=properties,
                dialect="terraform",
                region=place_of,
                file=file,
                stays=planned.change.actions == ("no-op",),
            )
        )

    def _properties(self, planned: ResourceChange, block: ResourceBlock | None) -> dict[str, Any]:
        change = planned.change
        after: dict[str, Any] = change.after or {}
        unknown, secret = change.after_unknown, change.after_sensitive
        if not unknown and not secret:
            return after
        written = block.expressions if block is not None else None
        values = self._known(planned.place, after, unknown, secret, written)
        if not isinstance(values, dict):
            return dict.fromkeys(after, UNKNOWN)
        values = dict(values)  # what is changed here is not changed in the document
        if block is not None and unknown:
            for name in _FILLED_IN:
                if is_unknown(values.get(name)) and name not in block.expressions:
                    values[name] = None
        return without_copies(values, SECRET)

    def _known(self, place: Instance, after: Any, unknown: Any, secret: Any, written: Any) -> Any:
        """A value under its marks. The marks have its shape, down to a true that covers what is
        below; an object leaves out what is unknown, so the marks may hold keys that it does not.
        ``written`` is how the configuration writes it."""
        if secret is True:
            return SECRET
        if unknown is True:
            references = self._configuration.made_of(written, place)
            if references is None:
                return LEFT_OUT
            names = tuple(references_of(written)) if references else ()
            return Unknown(AFTER_DEPLOYMENT, references, names=names)
        if not unknown and not secret:  # nothing is marked in it
            return after
        if isinstance(after, dict) or (isinstance(unknown, dict) and unknown):
            after, unknown, secret = (
                part if isinstance(part, dict) else {} for part in (after, unknown, secret)
            )
            return {
                key: self._known(
                    place,
                    after.get(key),
                    unknown.get(key),
                    secret.get(key),
                    property_of(written, key),
                )
                for key in dict.fromkeys((*after, *unknown))
            }
        if isinstance(after, list):
            marks = [part if isinstance(part, list) else [] for part in (unknown, secret)]
            parts = list(zip_longest(after, *marks))
            how = blocks_of(written, [value for value, *_ in parts])
            return [
                self._known(place, value, open_, hidden, how[index])
                for index, (value, open_, hidden) in enumerate(parts)
            ]
        return after

    def _all_tags(self, tags: Any, block: ResourceBlock | None) -> Any:
        """``dict | None``: a resource's tags over its provider's default ones."""
        by_default = self._providers.default_tags(block)
        if tags is not None and not isinstance(tags, dict):
            return tags
        if is_unknown(by_default):
            return by_default if not tags else {**tags}
        return {**by_default, **(tags or {})} or None


_PLACED_BY_PROVIDER = dict.fromkeys(
    name for cloud in CLOUDS.values() for name in cloud.region_properties
)
"""Properties that a provider fills in with its own region or zone where nobody writes them."""

_DEFAULTED = ("architectures",)
"""Properties that a cloud fills in with a fixed value where nobody writes them, for which a rule
takes them as left out: a function's processor is x86."""

_FILLED_IN = (*_PLACED_BY_PROVIDER, *_DEFAULTED)
