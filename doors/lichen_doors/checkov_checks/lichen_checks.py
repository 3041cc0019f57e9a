"""Lichen's rules as Checkov checks, for Terraform's language, Terraform plans and CloudFormation.

    checkov -d . --external-checks-dir "$(lichen checks)" --skip-download

Each rule is three checks, so that each outcome says one thing. The rule's own, as
``CKV2_LICHEN_DIRTY_REGION``, fails on what is to stop a deployment. Checkov knows no advice and
leaves no trace of what it could not judge, so two LOW twins do that: ``..._ADVICE`` fails on a
finding that does not stop, ``..._UNVERIFIED`` on what cannot be judged yet. Add
``--soft-fail-on 'CKV2_LICHEN_*_ADVICE,CKV2_LICHEN_*_UNVERIFIED'`` and Checkov exits as
``lichen check`` does. A failed check's name is the finding: it is all that some formats print.

``lichen.yaml`` is found upwards from the file that is judged; what it exempts comes out as
skipped. LICHEN_REGION and LICHEN_ENVIRONMENT say what a document leaves out. A plan is read anew
from its file, for what Checkov hands over no longer tells which values are open.

Checkov drops a check that raises and a module that does not load, and then passes what nobody
judged: both are failed checks here.
"""

# Checkov has an environment of its own, which the types of the rest are not checked in.
# mypy: disable-error-code="import-not-found"
# mypy: disallow-subclassing-any=False

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec
from checkov.cloudformation.checks.resource import base_resource_check as cloudformation_check
from checkov.common.bridgecrew.severities import Severities
from checkov.common.checks.base_check import BaseCheck
from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.resource import base_resource_check as terraform_check

try:
    from lichen_policies import configuration, dialects
    from lichen_policies.dialects import cloudformation, terraform_block
    from lichen_policies.facts.reading import types_of
    from lichen_policies.facts.resource import Resource
    from lichen_policies.rulebook import BLOCKING, Rule, Verdict, judge_resource, rules

    from lichen.document import InputError, did_you_mean
    from lichen.words import Environment
except Exception as error:
    missing: Exception | None = error
else:
    missing = None

Part = Literal["", "ADVICE", "UNVERIFIED"]
"""Which of a rule's verdicts a check tells: those that stop, advice, what cannot be judged."""

Told = tuple[CheckResult, list[str]]
NOTHING: Told = (CheckResult.UNKNOWN, [])


def part_of(verdict: Verdict) -> Part:
    if verdict.level in BLOCKING:
        return ""
    return "ADVICE" if verdict.verdict == "fail" else "UNVERIFIED"


def told(part: Part, verdicts: list[Verdict]) -> Told:
    """What one check of a rule tells of the rule's verdicts on a resource."""
    mine = [
        verdict
        for verdict in verdicts
        if verdict.verdict in ("fail", "unverified")
        and verdict.level != "disabled"
        and part_of(verdict) == part
    ]
    if failed := [verdict.message for verdict in mine if verdict.exemption is None]:
        return CheckResult.FAILED, failed
    if exempted := [verdict.exemption.told for verdict in mine if verdict.exemption]:
        return CheckResult.SKIPPED, exempted
    if part == "" and any(verdict.verdict == "pass" for verdict in verdicts):
        return CheckResult.PASSED, []
    return NOTHING


class Check(BaseCheck):
    """One part of one rule. A framework's check says how its blocks are read as resources."""

    rule: Rule
    part: Part

    def describe(self, rule: Rule, part: Part, types: Iterator[str]) -> dict[str, Any]:
        """The arguments of a framework's base."""
        self.rule, self.part = rule, part
        self.offence = rule.offence + (f" ({part.lower()})" if part else "")
        words = ("CKV2", "LICHEN", *rule.name.upper().split("-"), part)
        return {
            "name": self.offence,
            "id": "_".join(word for word in words if word),
            "categories": [CheckCategories.AI_AND_ML],
            "supported_resources": list(types),
            "guideline": rule.url,
        }

    def run(
        self,
        scanned_file: str,
        entity_configuration: dict[str, Any],
        entity_name: str,
        entity_type: str,
        skip_info: Any,
    ) -> Any:
        self.name, self.entity = self.offence, (scanned_file, entity_name)
        outcome = super().run(
            scanned_file, entity_configuration, entity_name, entity_type, skip_info
        )
        if outcome["result"] == CheckResult.SKIPPED and not skip_info:
            outcome["suppress_comment"], self.name = self.name, self.offence
        return outcome

    def scan_resource_conf(self, conf: dict[str, Any]) -> CheckResult:
        result, said = self._told(conf)
        if said:
            self.name, *self.details = said
        return result

    def _told(self, conf: dict[str, Any]) -> Told:
        try:
            verdicts = judged(conf, lambda: self.resource(conf))
        except InputError as error:  # A wrong lichen.yaml, or a plan that cannot be read.
            return (CheckResult.FAILED, [str(error)]) if self.part == "" else NOTHING
        except Exception as error:
            # Its text stays out: it may hold a property's value.
            why = f"cannot be judged: reading the resource failed with {type(error).__name__}"
            return (CheckResult.FAILED, [why]) if self.part == "UNVERIFIED" else NOTHING
        return told(self.part, [found for found in verdicts if found.rule == self.rule.name])

    def resource(self, conf: dict[str, Any]) -> Resource:
        raise NotImplementedError


class TerraformCheck(Check, terraform_check.BaseResourceCheck):
    """A check of blocks in Terraform's language, and of a plan's resources."""

    def __init__(self, rule: Rule, part: Part) -> None:
        types = iter(types_of("terraform"))
        super().__init__(**self.describe(rule, part, types))

    def resource(self, conf: dict[str, Any]) -> Resource:
        address = conf["__address__"]
        if "__file__" in conf:
            return planned(conf["__file__"][0])[address]
        block = self.block(address)
        return terraform_block.resource(
            self.entity_type,
            address,
            conf,
            terraform_block.provider_of(block, providers(self.graph)),
            block["file_path_"],
            conf.get("__start_line__"),
        )

    def block(self, address: str) -> dict[str, Any]:
        """What Checkov knows besides of the block that is judged, and of which it tells the end of
        the path: several stacks may hold one address, and the shortest path is the one meant."""
        same = (
            block
            for block in blocks(self.graph)
            if block.get("__address__") == address and block["file_path_"].endswith(self.entity[0])
        )
        return min(same, key=lambda block: len(block["file_path_"]))


class CloudFormationCheck(Check, cloudformation_check.BaseResourceCheck):
    """A check of a CloudFormation template's resources."""

    def __init__(self, rule: Rule, part: Part) -> None:
        types = iter(types_of("cloudformation"))
        super().__init__(**self.describe(rule, part, types))

    def resource(self, conf: dict[str, Any]) -> Resource:
        file, name = self.entity
        properties = conf.get("Properties") or {}
        # Of a template Checkov tells no more of the path than what is below the scanned folder.
        return cloudformation.resource(self.entity_type, name, properties, file.lstrip("/"))


@lru_cache(maxsize=8)
def planned(file: str) -> Mapping[str, Resource]:
    """A plan's resources by address."""
    return {found.address: found for found in dialects.read(Path(file), "terraform-plan")}


@lru_cache(maxsize=1)
def blocks(graph: Any) -> list[dict[str, Any]]:
    """What Checkov knows of every block, whichever of its graph libraries holds it."""
    nodes = graph.nodes()
    return [node[1] if isinstance(node, tuple) else graph.nodes[node] for node in nodes]


@lru_cache(maxsize=1)
def providers(graph: Any) -> list[dict[str, Any]]:
    """The blocks that say which provider a resource goes to."""
    return [block for block in blocks(graph) if block["block_type_"] in ("provider", "module")]


_latest: tuple[Any, tuple[Verdict, ...]] | None = None


def judged(conf: Any, resource: Callable[[], Resource]) -> tuple[Verdict, ...]:
    """A resource's verdicts: Checkov asks for one block many times in a row, once a check."""
    global _latest
    if _latest is None or _latest[0] is not conf:
        found = completed(resource())
        held = settings(Path(found.file or ".").resolve().parent)
        _latest = (conf, judge_resource(found, held, held.catalogue) or ())
    return _latest[1]


@lru_cache(maxsize=64)
def settings(folder: Path) -> configuration.Configuration:
    return configuration.read(configuration.find(folder))


def completed(resource: Resource) -> Resource:
    """A resource with what the process's variables say where the document says nothing."""
    region, environment = (os.environ.get(f"LICHEN_{what}") for what in ("REGION", "ENVIRONMENT"))
    if environment and environment not in get_args(Environment):
        raise InputError(
            f"{environment!r} is not an environment",
            fix=did_you_mean(environment, get_args(Environment)),
            field="LICHEN_ENVIRONMENT",
        )
    return msgspec.structs.replace(
        resource,
        region=region or None if resource.region is None else resource.region,
        environment=resource.environment or environment or None,
    )


class Missing(terraform_check.BaseResourceCheck):
    """Fails on everything where Lichen itself does not load: a gate that is off must not pass."""

    def __init__(self, error: Exception) -> None:
        super().__init__(
            name=f"Lichen did not load ({error}): pip install lichen beside Checkov",
            id="CKV2_LICHEN_MISSING",
            categories=[CheckCategories.AI_AND_ML],
            supported_resources=["*"],
        )
        self.severity = Severities["CRITICAL"]

    def scan_resource_conf(self, conf: dict[str, Any]) -> CheckResult:
        return CheckResult.FAILED


def register() -> None:
    """Checkov takes every check that is made."""
    if missing is not None:
        Missing(missing)
        return
    for rule in rules().values():
        for part in get_args(Part):
            for kind in (TerraformCheck, CloudFormationCheck):
                kind(rule, part).severity = Severities["LOW" if part else rule.severity.upper()]


register()
