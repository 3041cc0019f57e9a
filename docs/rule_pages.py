"""The rules' pages under ``docs/rules/``, their index and the matrix of what every door sees.

Everything here is read from the rules, their cases and the readers; ``docs/written.py`` writes it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import msgspec
from lichen_policies.cases import Case, cases_of
from lichen_policies.facts.kinds import DeclaredTags
from lichen_policies.facts.reading import by_type
from lichen_policies.registry import ENVIRONMENTS
from lichen_policies.rule import Rule, Stack, Theme

from lichen.clouds import CLOUDS

ROOT = Path(__file__).resolve().parents[1]
FOLDER = "docs/rules"
CASES = ROOT / "tests" / "policies" / "cases"

PRACTICES: Mapping[Theme, str] = {
    "region": "Regions are chosen and watched, for inference and for re-training",
    "size": "Inference runs on machines of the right size",
    "model": "Models are quantised, prompts and answers are lean",
    "hardware": "Hardware is efficient for the work",
    "idle": "What nobody uses does not run",
    "serving": "Production works, and can go back",
    "evidence": "Sizes rest on measurements",
    "portability": "Nothing is tied to one vendor",
    "governance": "Performance and energy are in the open",
}
"""What each theme's rules serve, in the words of the guide that Lichen follows."""

TITLES = {
    "pulumi": "Pulumi",
    "terraform": "Terraform",
    "cloudformation": "CloudFormation",
    "kubernetes": "Kubernetes",
    "azure": "Azure templates",
    "workload": "Workload files",
}


class Door(NamedTuple):
    """A door, and the dialects of the documents that it judges."""

    name: str
    dialects: tuple[str, ...]


DOORS = (
    Door("lichen check", tuple(TITLES)),
    Door("CrossGuard", ("pulumi",)),
    Door("Checkov", ("terraform", "cloudformation", "kubernetes")),
)


IN_A_PLAN = "in a plan only: of Terraform's language Checkov hands over one block at a time"

_ONE_CLOUD = "it judges a cloud's service; idle-floor tells the same of a cluster's"
_POOLS = "it judges pools of nodes, and pods rarely say which machine they are on"
_INSTALLED = "what does this in a cluster is installed there, and no object says whether it is"
IN_CLUSTERS: Mapping[str, str] = {
    "accelerators-in-many-zones": _POOLS,
    "always-on-processors": _ONE_CLOUD,
    "fixed-size-endpoint": "an autoscaler of pods is often in another deployment than they are",
    "images-kept-for-ever": _INSTALLED,
    "logs-kept-for-ever": _INSTALLED,
    "machine-image-for-other-hardware": _POOLS,
    "misplaced-training": "a job of a cluster does not say whether it trains",
    "multi-region-location": "a cluster is in one region",
    "no-way-up-from-zero": _INSTALLED,
    "tied-endpoint": "a vendor's package of a model does not run in a cluster",
    "training-without-spot": "a job of a cluster does not say whether it trains",
    "undisclosed-endpoint": "it judges services that a cloud manages, and pods are none",
    "unguarded-rollout": _INSTALLED,
    "unscheduled-floor": _INSTALLED,
    "unshared-accelerator": _POOLS,
    "warm-outside-production": _ONE_CLOUD,
    "wrong-serverless-memory": "only a cloud's serverless service rounds memory to a size",
    "x86-machine": _POOLS,
}
"""Why a rule judges no object of Kubernetes, where something like what it judges exists there."""

IN_PACKS: Mapping[str, str] = {
    "neuron-without-device-plugin": "a policy pack does not see what a provider is made of",
}
"""Why a policy pack does not judge by a rule that other doors judge a program by."""


class NotTaken(NamedTuple):
    """A door, the kinds of documents that it does not judge, and why."""

    door: str
    documents: tuple[str, ...]
    reason: str


NOT_TAKEN = (
    NotTaken(
        "CrossGuard",
        (
            "Pulumi state",
            *(_TERRAFORM := ("Terraform plan", "Terraform's language", "Terraform state")),
            *(_TEMPLATES := ("CloudFormation template", "ARM template", "Bicep")),
            "Kubernetes manifest",
        ),
        "Pulumi's engine gives a pack the resources of a program, those of its preview, and no "
        "document",
    ),
    NotTaken(
        "Checkov",
        ("Pulumi preview", "Pulumi state", "Terraform state"),
        "Checkov reads no such document",
    ),
    NotTaken(
        "Checkov",
        ("ARM template", "Bicep"),
        "Lichen has no checks for Checkov's frameworks `arm` and `bicep`",
    ),
    NotTaken(
        "lichen lsp",
        ("Pulumi preview", "Pulumi state", *_TERRAFORM, *_TEMPLATES, "Kubernetes manifest"),
        "an editor is shown mistakes in workload files and in `lichen.yaml` alone",
    ),
)
"""Which documents with resources a door leaves to `lichen check` and `lichen mcp`, which take all.
"""


class Cell(NamedTuple):
    """Whether a door judges by a rule in a dialect; why not where it does not, or how far."""

    judged: bool
    reason: str = ""


@cache
def cases(rule: str) -> tuple[Case, ...]:
    """The examples of a rule, read once; none where its file is missing."""
    path = CASES / f"{rule}.yaml"
    return tuple(cases_of(path)) if path.is_file() else ()


def cell(rule: Rule, examples: Sequence[Case], dialect: str, door: Door) -> Cell:
    """Whether a door judges by a rule in a dialect, by the rule's failing examples in it."""
    failing = [case for case in examples if case.verdict == "fail" and case.dialect == dialect]
    if not failing:
        if dialect == "kubernetes" and rule.name in IN_CLUSTERS:
            return Cell(False, IN_CLUSTERS[rule.name])
        return Cell(False, "no resource that it judges exists in this dialect")
    if door.name == "CrossGuard" and rule.name in IN_PACKS:
        return Cell(False, IN_PACKS[rule.name])
    if door.name != "Checkov":
        return Cell(True)
    if issubclass(rule.judges, Stack) or all(case.together for case in failing):
        return Cell(True, IN_A_PLAN if dialect == "terraform" else "")
    return Cell(True)


def matrix(every: Mapping[str, Rule]) -> dict[str, dict[tuple[str, str], Cell]]:
    """A cell for each rule, dialect and door."""
    return {name: _cells(rule, cases(name)) for name, rule in every.items()}


def _cells(rule: Rule, examples: Sequence[Case]) -> dict[tuple[str, str], Cell]:
    return {
        (door.name, dialect): cell(rule, examples, dialect, door)
        for door in DOORS
        for dialect in door.dialects
    }


def pages(every: Mapping[str, Rule]) -> dict[str, str]:
    """Every page by its path in the repository: one a rule, the index, the matrix."""
    return {
        f"{FOLDER}/README.md": _index(every),
        f"{FOLDER}/parity.md": _parity(every),
        **{f"{FOLDER}/{name}.md": _page(rule, cases(name)) for name, rule in every.items()},
    }


def _page(rule: Rule, examples: Sequence[Case]) -> str:
    levels = " | ".join(rule.levels[environment] for environment in ENVIRONMENTS)
    parts = [
        f"# {rule.name}",
        "<!-- Written by `make rules` from the rule's file and its cases. -->",
        f"{rule.offence}.",
        f"| severity | {' | '.join(ENVIRONMENTS)} | clouds |\n| --- | --- | --- | --- | --- |\n"
        f"| {rule.severity} | {levels} | {', '.join(_clouds(rule)) or 'all'} |",
        f"**Why.** {rule.why}",
        f"**Fix.** {rule.fix}",
        f"**Exceptions.** {rule.exceptions}",
        f"**Tags.** {rule.tags}",
        *_limits(rule),
        *_examples(examples),
    ]
    return "\n\n".join(parts) + "\n"


def _limits(rule: Rule) -> Iterator[str]:
    fields = msgspec.structs.fields(rule.limits)
    if not fields:
        return
    doc = " ".join((rule.limits.__doc__ or "").replace("``", "`").split())
    rows = "".join(
        f"| `{field.name}` | "
        + " | ".join(_value(getattr(rule.defaults[where], field.name)) for where in ENVIRONMENTS)
        + " |\n"
        for field in fields
    )
    table = f"| limit | dev | staging | prod |\n| --- | --- | --- | --- |\n{rows}".rstrip()
    yield f"## Limits\n\n{doc}\n\n{table}"


def _value(limit: float | str | bool) -> str:
    return str(limit).lower() if isinstance(limit, bool | str) else f"{limit:g}"


def _examples(examples: Sequence[Case]) -> Iterator[str]:
    """What it says in each dialect, then what each example gives."""
    if not examples:
        return
    yield "## Examples"
    shown: set[str] = set()
    for case in examples:
        if case.verdict == "fail" and case.dialect not in shown and case.messages:
            shown.add(case.dialect)
            types = ", ".join(dict.fromkeys(f"`{each.type}`" for each in case.resources))
            yield f"{TITLES[case.dialect]}, {types}: {case.name}\n\n> {case.messages[0]}"
    names: dict[str, tuple[str, list[str]]] = {}
    for case in examples:
        names.setdefault(case.name, (case.verdict, []))[1].append(TITLES[case.dialect])
    rows = "".join(
        f"| {name} | {verdict} | {', '.join(dialects)} |\n"
        for name, (verdict, dialects) in names.items()
    )
    yield f"| example | verdict | dialects |\n| --- | --- | --- |\n{rows}".rstrip()


def _clouds(rule: Rule) -> tuple[str, ...]:
    """The clouds in which some reader yields what a rule judges."""
    if issubclass(rule.judges, Stack):
        return ()
    found = {
        reader.cloud
        for (dialect, _), reader in by_type().items()
        if dialect != "workload"  # of no cloud
        and any(issubclass(kind, rule.judges) for kind in reader.yields)
    }
    return tuple(cloud.title for name, cloud in CLOUDS.items() if name in found)


def _index(every: Mapping[str, Rule]) -> str:
    parts = [
        "# The rules",
        "<!-- Written by `make rules` from the rules. -->",
        f"{len(every)} rules. Each has a page with its reason, its fix, its exceptions, its limits "
        "and its examples. [parity.md](parity.md) shows which door judges by which rule in which "
        "dialect. [policies/README.md](../../policies/README.md) has them in one table.",
        _OF_EVERY_PAGE,
        "## By practice",
    ]
    for theme, title in PRACTICES.items():
        mine = [rule for rule in every.values() if rule.theme == theme]
        rows = "\n".join(f"- [{rule.name}]({rule.name}.md): {rule.offence}" for rule in mine)
        if rows:
            parts += [f"### {title}", rows]
    parts.append("## By cloud")
    for cloud in CLOUDS.values():
        mine = [rule for rule in every.values() if cloud.title in _clouds(rule)]
        if mine:
            parts.append(f"**{cloud.title}**: {_links(mine)}")
    parts += ["## By kind of resource", _by_resource(every)]
    return "\n\n".join(parts) + "\n"


_OF_EVERY_PAGE = """\
## What holds of every page

- **Region**: a resource is where it says itself, by its region or its zone; else where what it
  must be beside is (its cluster, its endpoint); else where its provider says; else where the
  deployer says (`--region`). A placeholder counts as stated, and is not known. A provider of
  Kubernetes has no region, and that of a cloud beside it says nothing of where its cluster is:
  objects are where the cluster of the same folder is that the provider's `host` names, else
  nowhere that is stated.
- **Region that is not known**: where a resource or its provider has its region by a variable, and
  where a folder configures no provider of the resource's cloud (it is written elsewhere),
  dirty-region, greener-region, accelerator-not-in-region, previous-generation and
  routed-to-dirty-regions are *unverified* of what they judge. region-unresolved says nothing
  of a variable on the resource itself, is *unverified* of one on its provider, and advises where
  the provider is written elsewhere.
- **Environment**: what the stack says, else the deployer (`--environment`); of an object of
  Kubernetes the stack is its namespace, where its name states one (`ml-prod`). Else the resource's
  own tags (`lichen:environment`, `environment`, `env`, `stage`), the strictest of them, which lower
  nothing that the stack states; without all of them it is production. Tags that are not known
  leave it unknown: what offends in each environment is then a finding, and what
  offends in some alone, where a rule is off or wider in others, is *unverified*.
- **Not known** is a value that a variable, a parameter, a reference or a placeholder stands for,
  with a default or without one, and a value that is known after deployment. A placeholder is text
  that is filled in later: `${NAME}`, `$(NAME)`, `{{ ... }}`, `<name>`, `[insert here]`,
  `__NAME__`, `REPLACE_ME`, `CHANGEME`, `YOUR_NAME`, `xxx`. A rule whose answer depends on it is
  *unverified*, unless its page says that it says nothing: often one rule speaks for several. What
  is left out is known: it is the provider's default. Where every possible value gives the same
  answer, that is the answer: of a template's parameter, the values that it allows. A `validation`
  of a Terraform variable limits nothing here, and neither does a table that a variable chooses
  from. Tags that come whole by a variable may declare anything, so what reads them is
  *unverified*; so is what reads an image or settings that do. Tags that a provider elsewhere may
  add are none. An image of which the registry alone is not known is judged by its name.
- **Not there**: what a false condition, a `count` or a ceiling of zero never makes is not judged;
  what a condition or a `count` that is not known may make is judged as if it were there.
  A folder whose `.tf` files have templates of another language in them is no Terraform: it is
  named as not judged.
- **Pods** that ask for accelerators are judged by the pages about regions, machines and
  accelerators, where their region or machine is known. Of those that plainly serve without
  accelerators dirty-region and region-unresolved ask for the region, and no other page does. What
  a page says of servers (images, settings, precision, answers, floors, ceilings, processors)
  holds of pods that plainly serve models: their command line starts a server that is known (such
  as `vllm serve` or `tritonserver`), their image is one by its name (vLLM, SGLang, Triton, Text
  Generation and Text Embeddings Inference, Ollama, llama.cpp, TorchServe, NIM and their like) and
  their command is its own, they ask for accelerators and have settings or arguments that vLLM
  alone reads (`VLLM_USE_V1`, `--max-model-len`, `--max-num-seqs`, `--gpu-memory-utilization`),
  their image is named `triton` alone and they ask for accelerators,
  they are a service of KServe, KubeAI, NIM or Ray (a `RayService`, its workers without accelerators
  too), or they carry `lichen.dev/*` annotations. One that
  says alone for which processor the image is built (`lichen.dev/image-architecture`) does not
  count, on pods as on any other resource. Others may be clients, and say nothing, a placeholder
  for an image neither: an image that is named after a client, a mock or a dashboard of a server is
  none without an accelerator. An autoscaler whose pods are in another document says nothing either.
- **A finding is on the resource whose property would change**: the endpoint's configuration and
  not the endpoint, the scaling target and not the variant, the launch template and not the group
  that uses it."""


def _by_resource(every: Mapping[str, Rule]) -> str:
    """Each reader's resources by their names in each dialect, and the rules that judge them."""
    types: dict[object, dict[str, list[str]]] = {}
    kinds: dict[object, tuple[type, ...]] = {}
    for (dialect, type_), reader in by_type().items():
        types.setdefault(reader, {}).setdefault(dialect, []).append(type_)
        kinds[reader] = (*reader.yields, DeclaredTags) if reader.yields else ()
    rows = []
    for reader, by_dialect in types.items():
        mine = [
            rule
            for rule in every.values()
            if not issubclass(rule.judges, Stack)
            and any(issubclass(kind, rule.judges) for kind in kinds[reader])
        ]
        named = "<br>".join(f"`{type_}`" for found in by_dialect.values() for type_ in found)
        rows.append((named, f"| {named} | {_links(mine)} |"))
    table = "\n".join(row for _, row in sorted(rows))
    return f"| resources | rules |\n| --- | --- |\n{table}"


def _links(rules: Sequence[Rule]) -> str:
    return ", ".join(f"[{rule.name}]({rule.name}.md)" for rule in rules)


def _parity(every: Mapping[str, Rule]) -> str:
    columns = [(door, dialect) for door in DOORS for dialect in door.dialects]
    heads = " | ".join(f"{door.name}, {TITLES[dialect]}" for door, dialect in columns)
    reasons: dict[str, str] = {}
    rows = []
    for name, cells in matrix(every).items():
        marks = []
        for door, dialect in columns:
            found = cells[door.name, dialect]
            letter = found.reason and reasons.setdefault(found.reason, chr(ord("a") + len(reasons)))
            marks.append(" ".join(filter(None, ("yes" if found.judged else "", letter))))
        rows.append(f"| [{name}]({name}.md) | {' | '.join(marks)} |")
    legend = "\n".join(f"- **{letter}**: {reason}" for reason, letter in reasons.items())
    return (
        "\n\n".join(
            (
                "# What every door judges",
                "<!-- Written by `make rules` from the rules and their cases. -->",
                "*yes* where a failing example in the dialect is found through the door: the tests "
                "judge each. A letter says why not.",
                legend,
                f"| rule | {heads} |\n| --- | {' | '.join('---' for _ in columns)} |\n"
                + "\n".join(rows),
                "## Documents that a door does not take",
                "`lichen check` and `lichen mcp` take every kind. One deployment written as each "
                "gives the same findings through every door that takes it: a test compares them.",
                "| door | does not take | why |\n| --- | --- | --- |\n"
                + "\n".join(
                    f"| {each.door} | {', '.join(each.documents)} | {each.reason} |"
                    for each in NOT_TAKEN
                ),
            )
        )
        + "\n"
    )
