"""Lichen's rules as Checkov checks, for Terraform's language, Terraform plans, CloudFormation and
Kubernetes manifests, those that Checkov renders from Helm charts and Kustomize included.

    checkov -d . --external-checks-dir "$(lichen checks)" --skip-download

Each rule is three checks, so that each outcome says one thing. The rule's own, as
``CKV2_LICHEN_DIRTY_REGION``, fails on what blocks a deployment. Checkov has no advice and no record
of what it could not judge, so two LOW checks do that: ``..._ADVICE`` fails on a finding that does
not block, ``..._UNVERIFIED`` on what cannot be checked yet. Add
``--soft-fail-on 'CKV2_LICHEN_*_ADVICE,CKV2_LICHEN_*_UNVERIFIED'`` and Checkov exits as
``lichen check`` does. A failed check's name is the finding: it is all that some formats print.
SARIF has one title for all findings of a check, and Checkov takes the first one's name for it: in a
run that writes SARIF the name is the rule's, and the findings are the details.

``lichen.yaml`` is searched upwards from the file that is judged, and LICHEN_CONFIG names one that
is above it. What it exempts or turns off is skipped, with who did it as the comment; what it
moved is shown with each failed check.
LICHEN_REGION and LICHEN_ENVIRONMENT hold for a document that does not state its own, and
LICHEN_PARAMETERS names a file of what a deployment gives to templates. A plan and a template are
read again from their files, because what Checkov hands over does not say which values are unknown.
So are manifests that are found, and each of these files is judged as one deployment: what two of
its resources give together is reported on the one that it is about, and what a deployment does on
its first. Of Terraform's language Checkov hands over one block at a time, and each is judged alone.

Checkov drops a check that raises and a module that does not load, and then passes what nobody
judged: both are failed checks here. A document that cannot be read, or a lichen.yaml that is wrong,
is one failed check for each file, of CRITICAL severity: ``CKV2_LICHEN_UNREAD``. In a run that asks
for others alone, or that only others stop, one of those says it: a run ends well over a file that
nobody judged only where it names that check itself as soft or skipped.
"""

# Checkov has an environment of its own, which the types of the rest are not checked in.
# mypy: disable-error-code="import-not-found"
# mypy: disallow-subclassing-any=False

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterable, Mapping
from contextlib import redirect_stderr
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import cache, lru_cache
from io import StringIO
from itertools import groupby
from pathlib import Path
from types import SimpleNamespace
from typing import Any, ClassVar, Literal, get_args

from checkov.cloudformation.checks.resource import base_resource_check as cloudformation_check
from checkov.common.bridgecrew.severities import Severities
from checkov.common.checks.base_check import BaseCheck
from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.common.output.report import Report
from checkov.common.runners.runner_registry import RunnerRegistry
from checkov.common.util.type_forcers import convert_csv_string_arg_to_list
from checkov.kubernetes.checks.resource import base_spec_check as kubernetes_check
from checkov.runner_filter import RunnerFilter
from checkov.terraform.checks.resource import base_resource_check as terraform_check

try:
    import msgspec
    from lichen_policies import configuration, dialects
    from lichen_policies.beside import comments
    from lichen_policies.dialects import (
        azure,
        cloudformation_parameters,
        kubernetes,
        terraform_block,
        terraform_defaults,
        terraform_json,
    )
    from lichen_policies.dialects.deployment_input import DeploymentInput
    from lichen_policies.facts.reading import kinds_read, types_of
    from lichen_policies.facts.resource import Resource
    from lichen_policies.gate import Gate
    from lichen_policies.registry import rules
    from lichen_policies.rule import Rule
    from lichen_policies.verdict import BLOCKING, Verdict

    from lichen.document import InputError
except Exception as error:
    missing: Exception | None = error
else:
    missing = None

Part = Literal["", "ADVICE", "UNVERIFIED"]
"""Which verdicts of a rule a check is for: those that block, advice, what cannot be checked yet."""

Outcome = tuple[CheckResult, list[str]]
"""A check's result, and its messages."""

NOTHING: Outcome = (CheckResult.UNKNOWN, [])

Deployment = Mapping[str, "Resource"]
"""All resources of the file that one was read from, by address; empty where only that one is known.
"""

Read = tuple["Resource", Deployment]


CRITICAL = Severities["CRITICAL"]


@dataclass(frozen=True)
class CheckMetadata:
    """What a check asks of a resource: one part of one rule, or whether it is read at all."""

    id: str
    offence: str
    severity: Any
    guideline: str
    rule: str = ""
    part: Part = ""


UNREAD = CheckMetadata(
    "CKV2_LICHEN_UNREAD",
    "Document or lichen.yaml that cannot be read: nothing of the file is judged",
    CRITICAL,
    "https://github.com/lichen-ml/lichen/blob/main/docs/start.md#what-checkov-does-not-judge",
)


def asked_of(rule: Rule, part: Part) -> CheckMetadata:
    words = ("CKV2", "LICHEN", *rule.name.upper().split("-"), part)
    return CheckMetadata(
        id="_".join(word for word in words if word),
        offence=rule.offence + (f" ({part.lower()})" if part else ""),
        severity=Severities["LOW" if part else rule.severity.upper()],
        guideline=rule.url,
        rule=rule.name,
        part=part,
    )


@cache
def options() -> Any:
    """What this run of Checkov is asked for, as Checkov's own parser reads the command line, the
    configuration files and the environment; None where they are not Checkov's."""
    try:
        from checkov.main import Checkov  # It is loaded already, except where this is imported.

        with redirect_stderr(StringIO()):
            return Checkov(sys.argv[1:]).config
    except (ImportError, SystemExit):
        return None


@cache
def names_are_titles() -> bool:
    """Whether this run writes SARIF, in which Checkov makes a rule's title of a check's name."""
    return options() is not None and "sarif" in (options().output or ())


@cache
def thresholds() -> Any:
    """Which failures stop this run, in Checkov's words."""
    return RunnerRegistry.get_fail_thresholds(options(), "terraform")


@cache
def stops(check: str) -> bool:
    """Whether this run ends with 1 where the check of this name fails as CRITICAL."""
    if options() is None:
        return True
    report = Report("terraform")
    report.failed_checks.append(
        SimpleNamespace(check_id=check, bc_check_id=None, severity=CRITICAL)
    )
    return bool(report.get_exit_code(thresholds()))


@cache
def may_be_unread(file: str) -> bool:
    """Whether this run names UNREAD itself as soft, or as skipped in a file."""
    if options() is None:
        return False
    soft = RunnerFilter.check_matches(UNREAD.id, None, thresholds()["soft_fail_checks"])
    asked = RunnerFilter(skip_checks=options().skip_check).should_run_check(
        check_id=UNREAD.id, severity=CRITICAL, file_origin_paths=[file]
    )
    return not asked or (soft and not stops(UNREAD.id))


def named() -> list[str]:
    """The checks and patterns that this run alone asks for, and those that alone stop it."""
    given = () if options() is None else (options().check, options().hard_fail_on)
    return [name for names in given for name in convert_csv_string_arg_to_list(names)]


class Told:
    """Who has said of a file why it is not judged: each check of each resource would repeat it.

    UNREAD says it, or the first check of a run that does not ask for UNREAD. Where that one does
    not stop the run, the first that does says it again, unless the run names UNREAD.
    """

    def __init__(self) -> None:
        self._stopped: dict[tuple[str, str], bool] = {}
        self.skipped: tuple[str, str] | None = None
        """The file and the name of the last resource, where a comment skips UNREAD there."""

    def is_due(self, check: str, entity: tuple[str, str], why: str) -> bool:
        """Whether this check says it, which is then taken as said."""
        file, _ = entity
        if check != UNREAD.id and (entity == self.skipped or may_be_unread(file)):
            return False
        stopped = self._stopped.get((file, why))
        if stopped or (stopped is False and not stops(check)):
            return False
        self._stopped[file, why] = stops(check)
        return True


TOLD = Told()


def part_of(verdict: Verdict) -> Part:
    if verdict.level in BLOCKING:
        return ""
    return "ADVICE" if verdict.verdict == "fail" else "UNVERIFIED"


def outcome(part: Part, verdicts: Iterable[Verdict]) -> Outcome:
    """The result of one check of a rule, from the rule's verdicts on a resource."""
    verdicts = list(verdicts)
    own = [
        verdict
        for verdict in verdicts
        if verdict.verdict in ("fail", "unverified")
        and verdict.level != "disabled"
        and part_of(verdict) == part
    ]
    if failed := [verdict.message for verdict in own if verdict.exemption is None]:
        return CheckResult.FAILED, failed
    if exempted := [verdict.exemption.text for verdict in own if verdict.exemption]:
        return CheckResult.SKIPPED, exempted
    if part == "" and any(verdict.verdict == "pass" for verdict in verdicts):
        return CheckResult.PASSED, []
    return NOTHING


class Gates:
    """A gate for each folder, and the verdicts of the block that was judged last: Checkov asks for
    one block many times in a row, once for each check."""

    def __init__(self) -> None:
        self._gates: dict[Path, Gate] = {}
        self._block: Any = None
        self._verdicts: tuple[Verdict, ...] = ()
        self._moved: Mapping[str, list[str]] = {}
        self._deployment: Deployment = {}
        self._told: Mapping[str, list[Verdict]] = {}

    def verdicts(self, block: Any, read: Callable[[], Read | None]) -> tuple[Verdict, ...]:
        """Every rule's verdicts on a block, which ``read`` makes a resource of; none where it is
        none."""
        if self._block is not block:
            found = read()
            if found is None:
                self._block, self._verdicts, self._moved = block, (), {}
                return ()
            resource, deployment = found
            gate = self._gate(Path(resource.file or ".").resolve().parent)
            if resource.address in deployment:
                alone = gate.judge(deployment[resource.address], stack_follows=True) or ()
                together = self._together(gate, deployment)
                self._verdicts = (*alone, *together.get(resource.address, ()))
            else:
                self._verdicts = (*(gate.judge(resource) or ()), *gate.judge_exemptions(resource))
            self._moved = {
                rule: [each.text for each in moved]
                for rule, moved in groupby(gate.configured().moved, lambda each: each.rule)
            }
            self._block = block
        return self._verdicts

    def _together(self, gate: Gate, deployment: Deployment) -> Mapping[str, list[Verdict]]:
        """What the resources of a file give together, by the address that it is reported on."""
        if self._deployment is not deployment:
            told: dict[str, list[Verdict]] = {}
            first = next((a for a, each in deployment.items() if kinds_read(each) is not None), "")
            for verdict in gate.judge_stack(deployment.values()):
                told.setdefault(verdict.resource or first, []).append(verdict)
            self._deployment, self._told = deployment, told
        return self._told

    def moved(self, rule: str) -> list[str]:
        """What lichen.yaml moved of a rule, for the block that was judged last."""
        return self._moved.get(rule, [])

    def _gate(self, folder: Path) -> Gate:
        if folder not in self._gates:
            self._gates[folder] = Gate.near(
                folder,
                region=os.environ.get("LICHEN_REGION") or None,
                environment=os.environ.get("LICHEN_ENVIRONMENT") or None,
            )
        return self._gates[folder]


GATES = Gates()


class Check(BaseCheck):
    """What one check asks. A framework's check says how its blocks are read as resources."""

    TAKES: ClassVar[str] = "supported_resources"
    """The framework's word for the types of resources that a check is for."""

    def __init__(self, asked: CheckMetadata) -> None:
        self.asked = asked
        super().__init__(
            name=asked.offence,
            id=asked.id,
            categories=[CheckCategories.AI_AND_ML],
            guideline=asked.guideline,
            **{self.TAKES: list(self.types())},
        )
        self.severity = asked.severity

    def run(
        self,
        scanned_file: str,
        entity_configuration: dict[str, Any],
        entity_name: str,
        entity_type: str,
        skip_info: Any,
    ) -> Any:
        self.name, self.entity = self.asked.offence, (scanned_file, entity_name)
        self.severity = self.asked.severity
        if self.asked is UNREAD:
            TOLD.skipped = self.entity if skip_info else None
        record = super().run(
            scanned_file, entity_configuration, entity_name, entity_type, skip_info
        )
        if record["result"] == CheckResult.SKIPPED and not skip_info:
            record["suppress_comment"] = self.comment
        return record

    def scan_resource_conf(self, conf: dict[str, Any]) -> CheckResult:
        result, messages = self._outcome(conf)
        if result == CheckResult.SKIPPED:
            self.comment, *self.details = messages
        elif messages and names_are_titles():
            self.details = messages
        elif messages:
            self.name, *self.details = messages
        return result

    def _outcome(self, conf: dict[str, Any]) -> Outcome:
        try:
            verdicts = GATES.verdicts(conf, lambda: self.resource(conf))
        except InputError as error:  # A wrong lichen.yaml, or a plan that cannot be read.
            return self._unread(without_folder(error))
        except Exception as error:
            # Its text stays out: it may hold a property's value.
            why = f"cannot be checked: reading the resource failed with {type(error).__name__}"
            return self._unread(why)
        if self.asked is UNREAD:
            return NOTHING
        own = [found for found in verdicts if found.rule == self.asked.rule]
        moved = GATES.moved(self.asked.rule)
        if (
            self.asked.part == ""
            and moved
            and own
            and all(each.level == "disabled" for each in own)
        ):
            return CheckResult.SKIPPED, moved
        result, messages = outcome(self.asked.part, own)
        return result, [*messages, *moved] if result == CheckResult.FAILED else messages

    def _unread(self, why: str) -> Outcome:
        """That the file is not judged, where this check is the one to say it."""
        if not TOLD.is_due(self.asked.id, self.entity, why):
            return NOTHING
        self.severity = CRITICAL
        return CheckResult.FAILED, [why]

    def types(self) -> Iterable[str]:
        """The framework's types of resources that some rule judges."""
        raise NotImplementedError

    def resource(self, conf: dict[str, Any]) -> Read | None:
        """The resource of a block, and those of its file."""
        raise NotImplementedError


def without_folder(error: InputError) -> str:
    """What is wrong, with its file as it is from here: where a machine keeps it is nobody's."""
    path = Path(error.document)
    is_below = path.is_absolute() and path.is_relative_to(Path.cwd())
    shown = path.relative_to(Path.cwd()) if is_below else path.name if path.is_absolute() else path
    named = str(shown) if error.document else ""
    return str(InputError(error.wrong, fix=error.fix, field=error.field, document=named))


class TerraformCheck(Check, terraform_check.BaseResourceCheck):
    """A check of blocks in Terraform's language, and of a plan's resources."""

    def types(self) -> Iterable[str]:
        of_azure = (each for each in azure.CARRIERS if ":" not in each)
        return (*types_of("terraform"), *kubernetes.CARRIERS, *of_azure)

    def resource(self, conf: dict[str, Any]) -> Read:
        if "__address__" in conf and "__file__" in conf:
            deployment = resources_of(Path(conf["__file__"][0]), planned)
            return deployment[conf["__address__"]], deployment
        return self.alone(conf), {}

    def alone(self, conf: dict[str, Any]) -> Resource:
        """The resource of a block in Terraform's language."""
        if "__address__" not in conf:
            return self.in_json(conf)
        address = conf["__address__"]
        block, others = self.block(address), origins(self.graph)
        resource = terraform_block.resource(
            self.entity_type,
            address,
            terraform_defaults.without_defaults(conf, block, others),
            terraform_block.provider_of(block, others),
            block["file_path_"],
            conf.get("__start_line__"),
        )
        return with_notes(resource, conf.get("__start_line__"), conf.get("__end_line__"))

    def in_json(self, conf: dict[str, Any]) -> Resource:
        """A block in Terraform's JSON syntax, of which Checkov makes no graph."""
        scanned, name = self.entity
        address, line = f"{self.entity_type}.{name}", conf.get("__startline__")
        return terraform_json.resource(self.entity_type, address, conf, found(scanned), line)

    def block(self, address: str) -> dict[str, Any]:
        """The graph's entry of the block that is judged.

        Checkov hands over only the end of the block's path. Several stacks may have the same
        address; the shortest matching path is the right one. The path of a module that is in no
        folder below the one that is scanned leads up first.
        """
        end = "/".join(part for part in self.entity[0].split("/") if part != "..")
        same = (
            block
            for block in blocks(self.graph)
            if block.get("__address__") == address and block["file_path_"].endswith(end)
        )
        return min(same, key=lambda block: len(block["file_path_"]))


class CloudFormationCheck(Check, cloudformation_check.BaseResourceCheck):
    """A check of a CloudFormation template's resources."""

    def types(self) -> Iterable[str]:
        return types_of("cloudformation")

    def resource(self, conf: dict[str, Any]) -> Read | None:
        """As Lichen reads it from the file: Checkov puts defaults in place of parameters."""
        scanned, name = self.entity
        file = found(scanned)
        if file is None:
            raise InputError("is not found from here", document=scanned)
        deployment = resources_of(file, templates)
        # None where a condition does not hold, which makes no resource.
        return (deployment[name], deployment) if name in deployment else None


class KubernetesCheck(Check, kubernetes_check.BaseK8Check):
    """A check of the objects of Kubernetes manifests."""

    TAKES = "supported_entities"

    def types(self) -> Iterable[str]:
        # Checkov finds checks by an object's kind alone; its version is looked at when it is read.
        return dict.fromkeys(type_.rsplit("/", 1)[-1] for type_ in types_of("kubernetes"))

    def scan_spec_conf(self, conf: dict[str, Any]) -> CheckResult:
        return self.scan_resource_conf(conf)

    def resource(self, conf: dict[str, Any]) -> Read:
        resource = kubernetes.resource(without_lines(conf), self.entity[0])
        resource = with_notes(resource, conf.get("__startline__"), conf.get("__endline__"))
        file = found(self.entity[0])
        # Others of its file complete it; it is judged as Checkov hands it over.
        others = {} if file is None else manifests(file)
        return resource, (
            others | {resource.address: resource} if resource.address in others else {}
        )


def without_lines(value: Any) -> Any:
    """A value without the numbers of lines that Checkov adds to every mapping."""
    if isinstance(value, dict):
        return {
            key: without_lines(part)
            for key, part in value.items()
            if key not in ("__startline__", "__endline__")
        }
    return [without_lines(part) for part in value] if isinstance(value, list) else value


def with_notes(resource: Resource, first: object, last: object) -> Resource:
    """A resource with what the comments in and above its block exempt, where its file is found."""
    if not (isinstance(first, int) and isinstance(last, int)):
        return resource
    notes = comments(lines(resource.file or ""), first, last)
    return msgspec.structs.replace(resource, notes=notes) if notes else resource


@lru_cache(maxsize=8)
def lines(file: str) -> list[str]:
    """A file's lines; none of one that is not found from here."""
    try:
        return Path(file).read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return []


def templates(file: Path) -> Mapping[str, Resource]:
    """A template's resources by name."""
    parameters = os.environ.get("LICHEN_PARAMETERS")
    given = DeploymentInput(
        region=os.environ.get("LICHEN_REGION") or None,
        parameters=cloudformation_parameters.of(Path(parameters) if parameters else None),
    )
    return {each.address: each for each in dialects.read(file, "cloudformation", given)}


Reading = Callable[[Path], Mapping[str, "Resource"]]


@lru_cache(maxsize=8)
def read_once(file: Path, read: Reading) -> Any:
    """The resources of a file, or why it cannot be read: every check of every resource asks."""
    try:
        return read(file)
    except InputError as error:
        return error


def resources_of(file: Path, read: Reading) -> Mapping[str, Resource]:
    """The resources of a file; :class:`InputError` where it cannot be read."""
    found = read_once(file, read)
    if isinstance(found, InputError):
        raise found
    resources: Mapping[str, Resource] = found
    return resources


@lru_cache(maxsize=8)
def manifests(file: Path) -> dict[str, Resource]:
    """A manifest's objects by address; none of one that is not a file of objects alone."""
    try:
        return {each.address: each for each in dialects.read(file, "kubernetes")}
    except InputError:
        return {}


def planned(file: Path) -> Mapping[str, Resource]:
    """A plan's resources by address."""
    return {found.address: found for found in dialects.read(file, "terraform-plan")}


@lru_cache(maxsize=1)
def blocks(graph: Any) -> list[dict[str, Any]]:
    """The graph's entry of every block, in either of Checkov's two graph libraries."""
    nodes = graph.nodes()
    return [node[1] if isinstance(node, tuple) else graph.nodes[node] for node in nodes]


@lru_cache(maxsize=1)
def origins(graph: Any) -> list[dict[str, Any]]:
    """The blocks that say which provider a resource goes to, and where values come from."""
    return [block for block in blocks(graph) if block["block_type_"] in ORIGINS]


ORIGINS = ("provider", "module", "locals", "output")


def found(scanned: str) -> Path | None:
    """The file of which Checkov hands over the part below the scanned folder, or the whole path of
    a manifest; None if not found.

    Only the command line has the folder.
    """
    arguments = [Path(argument) for argument in sys.argv[1:] if not argument.startswith("-")]
    folders = [Path.cwd(), *arguments, *(path.parent for path in arguments)]
    paths = (*(folder / scanned.lstrip("/") for folder in folders), Path(scanned))
    return next((path for path in paths if path.is_file()), None)


class TerraformMissing(terraform_check.BaseResourceCheck):
    """Fails on everything where Lichen does not load: a gate that is off must not pass."""

    def scan_resource_conf(self, conf: dict[str, Any]) -> CheckResult:
        return CheckResult.FAILED


class CloudFormationMissing(cloudformation_check.BaseResourceCheck):
    """The same of templates."""

    def scan_resource_conf(self, conf: dict[str, Any]) -> CheckResult:
        return CheckResult.FAILED


class KubernetesMissing(kubernetes_check.BaseK8Check):
    """The same of manifests."""

    def scan_spec_conf(self, conf: dict[str, Any]) -> CheckResult:
        return CheckResult.FAILED


MISSING = "CKV2_LICHEN_MISSING"


def fail(because: str) -> None:
    """One check that fails on everything, and says why; and one of each name of ours that the run
    asks for, or that stops it, in its place."""
    ours = (name for name in named() if name.startswith("CKV2_LICHEN_"))
    for id_ in (MISSING, *(name for name in ours if not fnmatch(MISSING, name))):
        for kind, takes in (
            (TerraformMissing, "supported_resources"),
            (CloudFormationMissing, "supported_resources"),
            (KubernetesMissing, "supported_entities"),
        ):
            check = kind(
                name=f"Lichen did not load: {because}",
                id=id_,
                categories=[CheckCategories.AI_AND_ML],
                **{takes: ["*"]},
            )
            check.severity = CRITICAL


def every_rule() -> Mapping[str, Rule]:
    """The package's rules and those of the organisation's file; where that is wrong, every check
    says so when it judges."""
    try:
        return configuration.read(None, above=configuration.named(), with_own_rules=True).rules
    except InputError:
        return rules()


def register() -> None:
    """Checkov takes every check that is made, and runs them in this order."""
    parts = (asked_of(rule, part) for rule in every_rule().values() for part in get_args(Part))
    for asked in (UNREAD, *parts):
        for kind in (TerraformCheck, CloudFormationCheck, KubernetesCheck):
            kind(asked)


def guarded() -> None:
    """Register, or one check that says why not: Checkov passes where a module does not load."""
    if missing is not None:
        fail(f"{missing}. Fix: pip install lichen beside Checkov")
        return
    try:
        register()
    except InputError as error:
        fail(str(error))
    except Exception as error:
        fail(f"its checks cannot be made: {type(error).__name__}: {error}")


guarded()
