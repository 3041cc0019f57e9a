"""What serves or trains models in a stack: where, on which machines, and a month of it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress

import msgspec
from lichen_policies.facts import (
    Fact,
    Located,
    MachineGroup,
    MachineTemplate,
    Resource,
    Serving,
    ServingEndpoint,
    Unverified,
    VariantInStack,
)
from lichen_policies.facts.reading import completed, facts_of
from lichen_policies.provisioned import located_for_models, machines_for, provisioned
from lichen_policies.rule import Known
from lichen_policies.stack import Stack, named_by

from lichen.grid import Agreement, CarbonClass, classify
from lichen.interval import Interval
from lichen.passport import Passport
from lichen.words import Environment
from lichen_practices.watching.utilisation import MeasuredEndpoint


class Running(msgspec.Struct, frozen=True, kw_only=True):
    """Machines of one resource that serve or train models, with a month of 730 hours of them.

    ``variant`` names the part of a resource that has several. ``machines`` is how many run, at the
    least. ``model`` is the declared one where the catalogue has it, since a tag may hold anything.
    ``unknown`` says in words what cannot be said of it, and so is not counted.
    """

    stack: str
    resource: str
    address: str
    variant: str
    type: str
    cloud: str
    region: str | None
    carbon_class: CarbonClass
    agreement: Agreement
    environment: Environment | None
    hosting: str | None
    machine: str | None
    machines: int | None
    model: str | None
    gco2e_month: Interval | None
    usd_month: float | None
    watts: Interval | None
    unknown: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The resource with its part: ``chat (blue)``."""
        return f"{self.resource} ({self.variant})" if self.variant else self.resource

    @property
    def key(self) -> str:
        """The same in every run."""
        return f"{self.address}#{self.variant}"


class Tagged(Running, frozen=True, kw_only=True):
    """The same with its passport, which no page, record or history has: a tag may hold anything.

    ``scales`` says that something changes how many machines run.
    """

    passport: Passport | None
    scales: bool = False

    @property
    def untagged(self) -> Running:
        """As it may be printed."""
        return Running(**{name: getattr(self, name) for name in Running.__struct_fields__})


class StackFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Each resource of a stack with its facts, as far as they could be read."""

    read: tuple[tuple[Resource, tuple[Fact, ...]], ...]


def facts_of_stack(resources: Iterable[Resource]) -> StackFacts:
    """The facts of a stack, each with what the other resources say.

    A reader that fails gives no facts here; the rules say that it failed.
    """
    read: list[tuple[Resource, tuple[Fact, ...]]] = []
    for resource in resources:
        try:
            facts = facts_of(resource)
        except Exception:  # a rule's verdict says which reader is broken
            continue
        if facts is not None:
            read.append((resource, facts))
    stack = Stack(read)
    whole = []
    for resource, facts in read:
        with suppress(Exception):
            facts = completed(resource, facts, stack)
        whole.append((resource, facts))
    return StackFacts(read=tuple(whole))


def running_in(stack: str, facts: StackFacts, known: Known) -> Iterator[Tagged]:
    """What serves or trains models in a stack: each variant of an endpoint, and other machines
    that plainly do."""
    return (tagged for tagged, _fact in running_facts(stack, facts, known))


def running_facts(
    stack: str, facts: StackFacts, known: Known
) -> Iterator[tuple[Tagged, Serving | Located]]:
    """The same, each with the fact that says so."""
    for resource, found in facts.read:
        variants = [fact for fact in found if isinstance(fact, Serving) and not fact.shadow]
        for variant in variants:
            tagged = _of(stack, resource, variant, variant.hosting, len(variants) > 1, known)
            yield msgspec.structs.replace(tagged, scales=_scales(variant, found)), variant
        if variants:
            continue
        for fact in found:
            if isinstance(fact, Located) and _is_for_models(fact, known):
                yield _of(stack, resource, fact, fact.if_known.hosting, False, known), fact


def _scales(variant: Serving, found: Iterable[Fact]) -> bool:
    """Whether a variant changes its own size, or a scaling target of its stack does."""
    if variant.if_known.scales_itself:
        return True
    name = variant.if_known.name
    beside = (each.if_known for each in found if isinstance(each, VariantInStack))
    return any(each.name == name and each.scaled for each in beside)


def measured_in(
    stack: str, facts: StackFacts, running: Iterable[Tagged]
) -> Iterator[MeasuredEndpoint]:
    """The endpoints of a stack that a monitoring service knows by name, a variant each."""
    passports = {each.address: each.passport for each in running}
    found = [(resource, fact) for resource, facts_ in facts.read for fact in facts_]
    templates = list(_templates(facts))
    for resource, facts_ in facts.read:
        of_google = _of_google(stack, resource, facts_, passports)
        of_google = of_google or _group_of_google(stack, resource, facts_, templates)
        if of_google is not None:
            yield of_google
    for _, endpoint in found:
        if not isinstance(endpoint, ServingEndpoint):
            continue
        seen = endpoint.if_known
        if seen.name is None or seen.region is None or endpoint.cloud != "aws":
            continue
        for resource, variant in found:
            if not isinstance(variant, Serving) or variant.shadow:
                continue
            of = variant.if_known
            if of.configuration is None or of.configuration != seen.configuration:
                continue
            yield MeasuredEndpoint(
                stack=stack,
                endpoint=seen.name,
                variant=of.name or "",
                cloud="aws",
                region=seen.region,
                passport=passports.get(resource.address),
            )


_NAME_AT_GOOGLE = re.compile(r"projects/[^/]+/locations/([^/]+)/(services|endpoints)/([^/]+)$")
"""What Google calls a service of Cloud Run and an endpoint of Vertex AI: place, kind and name."""


_GROUP_AT_GOOGLE = re.compile(
    r"projects/[^/]+/(?:regions|zones)/([^/]+)/instanceGroupManagers/([^/]+)$"
)
"""What Google calls a managed group of machines: place and name."""


def _written_id(resource: Resource) -> str:
    """What the cloud calls a resource, which a state of Pulumi has as its id and one of Terraform
    as a property; empty where neither says it."""
    written = resource.cloud_id or resource.properties.get("id")
    return written if isinstance(written, str) else ""


def _templates(facts: StackFacts) -> Iterator[tuple[tuple[str, ...], Passport]]:
    """What each template of machines that has a passport is called, and the passport."""
    for resource, found in facts.read:
        for fact in found:
            if isinstance(fact, MachineTemplate) and isinstance(fact.context.passport, Passport):
                yield (_written_id(resource), *fact.names), fact.context.passport


def _group_of_google(
    stack: str,
    resource: Resource,
    facts: Iterable[Fact],
    templates: Iterable[tuple[tuple[str, ...], Passport]],
) -> MeasuredEndpoint | None:
    """A managed group whose machines have a passport: their template's, for a group has none."""
    named = re.search(_GROUP_AT_GOOGLE, _written_id(resource))
    if named is None:
        return None
    links = [fact.as_read("template") for fact in facts if isinstance(fact, MachineGroup)]
    for names, passport in templates:
        if any(named_by(link, name) for link in links for name in names):
            place = named[1]
            is_zone = place.count("-") == 2
            return MeasuredEndpoint(
                stack=stack,
                endpoint=named[2],
                variant="",
                cloud="google",
                region=place.rpartition("-")[0] if is_zone else place,
                zone=place if is_zone else None,
                passport=passport,
                hosting="compute-engine",
            )
    return None


def _of_google(
    stack: str,
    resource: Resource,
    facts: Iterable[Fact],
    passports: Mapping[str, Passport | None],
) -> MeasuredEndpoint | None:
    """An endpoint of Google by the name that Cloud Monitoring has for it: that of the cloud, which
    a state of Pulumi has as the resource's id and one of Terraform as a property."""
    passport = passports.get(resource.address)
    named = re.search(_NAME_AT_GOOGLE, _written_id(resource))
    if named is not None and resource.address in passports:
        return MeasuredEndpoint(
            stack=stack,
            endpoint=named[3],
            variant="",
            cloud="google",
            region=named[1],
            passport=passport,
            hosting="vertex" if named[2] == "endpoints" else "cloud-run",
        )
    for fact in facts:
        if isinstance(fact, Serving) and fact.cloud == "google":
            served = fact.if_known
            if served.endpoint is not None and served.region is not None:
                return MeasuredEndpoint(
                    stack=stack,
                    endpoint=served.endpoint,
                    variant="",
                    cloud="google",
                    region=served.region,
                    passport=passport,
                    hosting="vertex",
                )
    return None


def _is_for_models(fact: Located, known: Known) -> bool:
    try:
        return located_for_models(fact, known)
    except Unverified:
        return False


def _of(
    stack: str,
    resource: Resource,
    fact: Serving | Located,
    hosting: str | None,
    several: bool,
    known: Known,
) -> Tagged:
    seen = fact.if_known
    region = known.catalogue.regions.get(seen.region or "")
    machine = known.catalogue.machines.get(seen.machine or "")
    count = seen.machines
    if isinstance(seen, Serving) and seen.floor is not None and count is not None:
        count = max(count, seen.floor)
    grid = None if region is None else classify(region)
    unknown = []
    if region is None:
        unknown.append("its region is not known here")
    if machine is None:
        unknown.append(
            "it runs on no machine of its own"
            if isinstance(seen, Serving) and seen.serverless
            else "its machine is not in the catalogue"
        )
    if count is None:
        unknown.append("how many machines run is not known")
    month = None
    if machine is not None and count is not None:
        chips = seen.chips if isinstance(seen, Serving) else seen.chips_each
        whole = machines_for(count, chips, machine)
        month = provisioned(fact, machine, whole, hosting, region, known.catalogue)
    if month is not None and month.gco2e_month is None and region is not None:
        unknown.append("nobody publishes the watts of its machine")
    if month is not None and month.usd_month is None and region is not None:
        unknown.append("no price of its machine there is known")
    passport = seen.passport
    card = known.catalogue.find_model(passport.model) if passport and passport.model else None
    return Tagged(
        stack=stack,
        resource=resource.name,
        address=resource.address,
        variant=(seen.name or "") if isinstance(seen, Serving) and several else "",
        type=resource.type,
        cloud=fact.cloud,
        region=None if region is None else region.name,
        carbon_class="unknown" if grid is None else grid.level,
        agreement="unknown" if grid is None else grid.agreement,
        environment=seen.environment,
        hosting=hosting,
        machine=None if machine is None else machine.name,
        machines=count,
        passport=passport,
        model=None if card is None else card.name,
        gco2e_month=None if month is None else month.gco2e_month,
        usd_month=None if month is None else month.usd_month,
        watts=None if month is None else month.watts,
        unknown=tuple(unknown),
    )
