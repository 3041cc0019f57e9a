"""The tools that a coding agent is offered: place, size, explain, check and catalogue.

Each answers what the command of the same name prints as JSON. What is too long for an agent is cut,
and counted. No tool writes anything.
"""

from __future__ import annotations

import functools
import inspect
import re
from collections import Counter
from collections.abc import Callable, Container, Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, TypeAlias

import msgspec
from lichen_policies.dialects import DeploymentInput
from lichen_policies.gate import Gate
from lichen_policies.verdict import Verdict
from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import CallToolResult, InputRequiredResult, ToolAnnotations
from msgspec.structs import replace
from pydantic import Field, ValidationError

from lichen import __version__
from lichen.document import InputError, did_you_mean, read_document
from lichen.placing.placement import NoPlacement, Placement
from lichen.visible import visible
from lichen.words import Environment, Objective, Precision
from lichen.workload import Workload, as_workload, read_workload
from lichen_doors.agents.files import check_configuration, folder_only, inside, within_folder
from lichen_doors.command.own_rows import configured_catalogue

INSTRUCTIONS = """\
Lichen chooses the smallest efficient hardware for machine-learning inference, in a region with \
clean electricity, and judges deployments by rules. Use `place` before you write infrastructure \
for a model, and `check` before you propose a deployment. A value of `null` is not known: never \
treat it as zero. Every figure names its unit in its key, and its source beside it. An answer with \
`left_out` has only the first entries of those lists: ask about fewer files, or name what you look \
for."""

Answer: TypeAlias = dict[str, Any]
"""An answer as plain values, with the schema of the command of the same name."""
Table: TypeAlias = Literal[
    "regions", "machines", "offers", "accelerators", "models", "sources", "stale"
]

_MOST_CHARACTERS = 40_000
"""How long an answer may be as JSON: some 10,000 tokens."""


class _Server(MCPServer[None]):
    """The SDK's server, whose own refusal of an argument repeats what was given."""

    async def call_tool(
        self, name: str, arguments: dict[str, Any], context: Context[None, Any] | None = None
    ) -> CallToolResult | InputRequiredResult:
        tools = {tool.name: tool for tool in self._tool_manager.list_tools()}
        if name not in tools:
            raise ToolError(_sentence(f"{visible(name)} is no tool", did_you_mean(name, tools)))
        known = tools[name].parameters["properties"]
        for given in arguments:
            if given not in known:
                wrong = f"{visible(given)} is no argument of {name}"
                raise ToolError(_sentence(wrong, did_you_mean(given, known)))
        try:
            return await super().call_tool(name, arguments, context)
        except ToolError as error:
            if isinstance(error.__cause__, ValidationError):
                raise ToolError(_sentences(error.__cause__)) from None
            raise


def _in_arguments(sentence: str, arguments: Container[str]) -> str:
    """A sentence that names options of the command, with the names of a tool's arguments."""

    def named(option: re.Match[str]) -> str:
        name = option[1].replace("-", "_")
        return name if name in arguments else option[0]

    return re.sub(r"--([a-z][a-z-]*)", named, sentence)


def _sentence(wrong: str, fix: str) -> str:
    return str(InputError(wrong, fix=fix))


def _sentences(wrong: ValidationError) -> str:
    """What is wrong with the arguments of a call, and what to give; nothing of what was given."""
    found: dict[str, str] = {}
    for each in wrong.errors(include_url=False, include_input=False):
        first, *others = each["loc"] or ("",)
        path = f"{first}" + "".join(
            f"[{step}]" if isinstance(step, int) else f".{step}" for step in others
        )
        message = each["msg"].removeprefix("Input ").replace(" after validation", "")
        found.setdefault(path, f"{message[:1].lower()}{message[1:]}")
    return "; ".join(f"{visible(path)}: {message}" for path, message in found.items()) + "."


def bounded(answer: Answer) -> Answer:
    """An answer that is not too long for an agent: its longest lists lose their last entries, which
    ``left_out`` counts by list."""
    sizes = {
        key: [len(msgspec.json.encode(entry)) for entry in value]
        for key, value in answer.items()
        if isinstance(value, list)
    }
    together = {key: sum(each) for key, each in sizes.items()}
    length = len(msgspec.json.encode(answer))
    left_out: Counter[str] = Counter()
    while length > _MOST_CHARACTERS and any(map(len, sizes.values())):
        longest = max(together, key=lambda key: together[key])
        cut = sizes[longest].pop()
        together[longest] -= cut
        length -= cut + 1  # and the comma
        left_out[longest] += 1
    if not left_out:
        return answer
    kept = {key: answer[key][: len(sizes[key])] for key in left_out}
    return {**answer, **kept, "left_out": dict(left_out)}


def _blocking_first(verdicts: Sequence[Verdict]) -> tuple[Verdict, ...]:
    return tuple(sorted(verdicts, key=lambda verdict: not verdict.blocks))


def server(*, own_rules: bool = False) -> MCPServer:
    """The server. Its tools read files of the folder where it runs, and no others.

    A lichen.yaml of that folder may name rules in Python. They run only with ``own_rules``: an
    agent may check a repository that nobody has read yet.
    """
    trusted = Path.cwd() if own_rules else _above(Path.cwd())
    mcp: MCPServer = _Server(
        "lichen", version=__version__, instructions=INSTRUCTIONS, log_level="WARNING"
    )

    def tool(function: Callable[..., Answer]) -> None:
        """Offer a function; a mistake of the agent is answered in a sentence."""

        arguments = inspect.signature(function).parameters

        @functools.wraps(function)
        def answering(*args: object, **options: object) -> Answer:
            try:
                with folder_only():
                    check_configuration(Path.cwd())
                    return bounded(function(*args, **options))
            except InputError as error:
                raise ToolError(_in_arguments(str(error), arguments)) from None

        mcp.tool(
            annotations=ToolAnnotations(
                read_only_hint=True,
                destructive_hint=False,
                idempotent_hint=True,
                open_world_hint=False,
            )
        )(answering)

    def place(
        file: Annotated[str, Field(description="A workload file of the folder.")] = "",
        workload: Annotated[
            Answer | None, Field(description="The workload itself, where there is no file.")
        ] = None,
        objective: Objective = "carbon",
        next_best: Annotated[int, Field(ge=0, le=20)] = 5,
    ) -> Answer:
        """Choose what to deploy, and where: the best offer for a workload, its cost and emissions,
        why it won, the next best, and how many others lost for which reason."""
        from lichen_doors.command.place import placed

        if bool(file) == (workload is not None):
            raise InputError("give one of file and workload", fix="name a file, or give a workload")
        path = within_folder(file, "file") if file else Path.cwd()
        check_configuration(path)
        asked = _of_folder(workload, path)
        answer = placed(asked, path, objective=objective, runners_up=next_best, variants=True)
        return _with_counts(answer)

    def size(
        model: str,
        machine: str,
        input_tokens: Annotated[int | None, Field(ge=0)] = None,
        output_tokens: Annotated[int | None, Field(ge=1)] = None,
        concurrency: Annotated[float, Field(ge=1)] = 1.0,
        precision: Precision | None = None,
    ) -> Answer:
        """Predict how fast a machine serves a model, with 80 % intervals and the arithmetic. A
        language model needs the tokens of a typical request."""
        from lichen_doors.command.size import sized_on

        return _plain(
            sized_on(
                configured_catalogue(Path.cwd()),
                model,
                machine,
                precision=precision,
                input_tokens=input_tokens,
                output_tokens=output_tokens,
                concurrency=concurrency,
            )
        )

    def explain(
        name: Annotated[str, Field(description="A rule, a region, a machine or a model.")],
    ) -> Answer:
        """Show all that is known about one name, with its sources."""
        from lichen_doors.command.explain import row_of
        from lichen_doors.report.rules import page_of

        gate = Gate.near(Path.cwd(), trusted=trusted)
        rule = gate.rules().get(name)
        return _plain(
            page_of(gate, rule) if rule else row_of(name, gate.catalogue, gate.rules().keys())
        )

    def check(
        paths: Annotated[
            list[str],
            Field(
                min_length=1,
                description="Files or folders: a Pulumi preview, a Terraform plan or its .tf "
                "files, a CloudFormation template, Bicep, or Kubernetes manifests.",
            ),
        ],
        environment: Environment | None = None,
        region: str | None = None,
    ) -> Answer:
        """Judge a deployment by the rules. A `mandatory` finding stops the deployment; an
        *unverified* verdict needs a value that is not known yet."""
        from lichen_doors.command.check import judgement
        from lichen_doors.report.document import as_json

        named = [within_folder(path, "paths") for path in paths]
        check_configuration(named[0])
        judged = judgement(
            named,
            DeploymentInput(region=region, exact=len(paths) == 1),
            region=region,
            environment=environment,
            trusted=trusted,
        )
        report = replace(
            judged.report,
            findings=_blocking_first(judged.report.findings),
            unverified=_blocking_first(judged.report.unverified),
        )
        document: Answer = msgspec.json.decode(as_json(report))
        return document

    def catalogue(
        table: Table,
        containing: Annotated[str, Field(description="Only rows with this text.")] = "",
    ) -> Answer:
        """Show rows of a table of the catalogue, such as machines with their prices and regions
        with their carbon."""
        from lichen_doors.command.catalogue import view_of

        view = view_of(table, configured_catalogue(Path.cwd()))
        rows: list[Answer] = [
            msgspec.to_builtins(row)
            for row in view.rows
            if containing.casefold() in str(row).casefold()
        ]
        return {"rows": rows, "matching": len(rows), "of": len(view.rows)}

    for each in (place, size, explain, check, catalogue):
        tool(each)
    return mcp


def _above(folder: Path) -> Path | None:
    """The folder above; None where there is none."""
    return None if folder.parent == folder else folder.parent


def _of_folder(given: Answer | None, path: Path) -> Workload:
    """The workload that an agent wrote, else that of a file; each file that it names is in the
    folder that the server reads. ``path`` is the workload's file, or the folder."""
    folder = path if path.is_dir() else path.parent
    document = read_document(path) if given is None else given
    model = document.get("model") if isinstance(document, dict) else None
    if isinstance(model, dict) and isinstance(model.get("config"), str):
        inside(folder / model["config"], "model.config")
    asked = read_workload(path) if given is None else as_workload(given, folder)
    for field, name in _files_of(asked):
        inside(folder / name, field)
    return asked


def _files_of(workload: Workload) -> Iterator[tuple[str, str]]:
    """The files that a workload names, each with its field."""
    for at, record in enumerate(workload.evidence):
        yield f"evidence[{at}]", record
    for at, template in enumerate(workload.prompts.templates):
        if template.file is not None:
            yield f"prompts.templates[{at}].file", template.file
    if workload.prompts.tokenizer is not None:
        yield "prompts.tokenizer", workload.prompts.tokenizer


def _plain(value: object) -> Answer:
    plain: Answer = msgspec.to_builtins(value)
    return plain


def _with_counts(answer: Placement | NoPlacement) -> Answer:
    """A placement with the offers that lost as counts by reason: they are thousands."""
    plain = _plain(replace(answer, rejected=()))
    plain["rejected"] = dict(Counter(loser.kind for loser in answer.rejected).most_common())
    return plain
