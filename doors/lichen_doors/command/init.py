"""``lichen init``: a first workload file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from lichen.clouds import REGIONAL
from lichen.input_error import InputError
from lichen.words import Environment
from lichen_doors.command.options import FILE, INPUT_PATH, NumberRange, formats
from lichen_doors.command.own_rows import configured_catalogue

if TYPE_CHECKING:
    from lichen_practices.starting.draft import KnownWorkload

    from lichen.catalogue import Catalogue

POSITIVE = NumberRange(min=0, min_open=True)


@click.command("init")
@click.option("--model", help="A name from `lichen catalogue models`, or a Hugging Face "
              "config.json.")  # fmt: skip
@click.option("--from", "deployed", type=INPUT_PATH, help="What is deployed already: a state, "
              "a plan, a template, a manifest, or vLLM's configuration file.")  # fmt: skip
@click.option("--endpoint", help="With --from: the one of several that are served.")
@click.option("--name", help="The workload's name. Default: from the model.")
@click.option("--peak-rps", type=POSITIVE, help="Requests a second at the busiest.")
@click.option("--mean-rps", type=NumberRange(min=0), help="On average over the day.")
@click.option("--input-tokens", type=click.IntRange(0), help="Of a typical prompt.")
@click.option("--output-tokens", type=click.IntRange(1), help="Of a typical answer.")
@click.option("--first-token-ms", type=POSITIVE, help="The answer must begin within.")
@click.option("--p95-ms", type=POSITIVE, help="A whole request must end within.")
@click.option("--residency", help="Where data must stay, such as EU.")
@click.option("--cloud", "clouds", multiple=True, type=click.Choice(REGIONAL),
              help="Only this cloud; may be repeated.")  # fmt: skip
@click.option("--environment", type=click.Choice(get_args(Environment)))
@click.option("--schema", help="The address of the schema that editors complete the file by. "
              "Default: written beside the file, into .lichen/.")  # fmt: skip
@click.option("--output", type=FILE, default=Path("workload.yaml"), show_default=True)
@click.option("--force", is_flag=True, help="Write over a file that is there.")
@formats("text", "json")
def command(
    model: str | None,
    deployed: Path | None,
    endpoint: str | None,
    name: str | None,
    peak_rps: float | None,
    mean_rps: float | None,
    input_tokens: int | None,
    output_tokens: int | None,
    first_token_ms: float | None,
    p95_ms: float | None,
    residency: str | None,
    clouds: tuple[str, ...],
    environment: Environment | None,
    schema: str | None,
    output: Path,
    force: bool,
    form: str,
) -> None:
    """Write a first workload file, with a comment at each field.

    It needs a model and five answers: how many requests, how long, how fast, where, and for which
    environment. On a terminal it asks for those that no option gives. With --from it reads what is
    deployed, and marks what could not be read.
    """
    if output.exists() and not force:
        raise InputError("is there already", fix="add --force, or name another by --output",
                         document=str(output))  # fmt: skip
    if output.suffix not in (".yaml", ".yml"):
        raise InputError("does not end in .yaml", fix="name it so", field="--output")
    from lichen_practices.starting.checked import checked, schema_text
    from lichen_practices.starting.draft import SCHEMA, text_of_draft
    from msgspec.structs import replace

    from lichen.document import convert
    from lichen.whole_file import write_whole
    from lichen.workload import Name
    from lichen_doors.report import for_programs
    from lichen_doors.report.starting import Started

    if name is not None:
        try:
            convert(name, Name)
        except InputError as error:
            raise InputError(error.wrong, fix=error.fix, field="--name") from None
    catalogue = configured_catalogue(output.absolute().parent)
    given = {
        "peak_rps": peak_rps,
        "mean_rps": mean_rps,
        "input_tokens": input_tokens,
        "output_tokens": output_tokens,
        "time_to_first_token_ms": first_token_ms,
        "p95_ms": p95_ms,
        "residency": residency,
        "clouds": clouds or None,
        "environment": environment,
    }
    draft = _draft(model, deployed, endpoint, catalogue, output)
    known = {field: value for field, value in given.items() if value is not None}
    draft = replace(draft, **known)
    if name is not None:
        draft = replace(draft, name=name)
    if deployed is None:
        draft = _asked(draft, set(known))
    text = text_of_draft(draft, schema or SCHEMA)
    workload = checked(text, output.absolute().parent, catalogue)
    try:
        if schema is None:
            beside = output.parent / SCHEMA
            beside.parent.mkdir(exist_ok=True)
            write_whole(beside, schema_text(catalogue))
        write_whole(output, text)
    except OSError as error:
        raise InputError(
            f"cannot be written ({error.strerror})", fix="check the path", document=str(output)
        ) from None
    if form == "json":
        click.echo(for_programs(Started(file=str(output), workload=workload, unread=draft.unread)))
        return
    click.echo(f"{output}: {workload.name}")
    if draft.unread:
        click.echo(f"Not read, so replace them: {', '.join(draft.unread)}")
    click.echo(f"Next: lichen place {output}")


def _draft(
    model: str | None,
    deployed: Path | None,
    endpoint: str | None,
    catalogue: Catalogue,
    output: Path,
) -> KnownWorkload:
    from lichen_practices.starting.draft import KnownWorkload, name_of
    from msgspec.structs import replace

    if deployed is not None:
        from lichen_practices.starting.deployed import drafts_of, the_one

        draft = the_one(drafts_of([deployed], catalogue), endpoint)
        return draft if model is None else replace(draft, **_model(model, catalogue, output))
    if model is None:
        if not sys.stdin.isatty():
            raise InputError("is required", fix="name a model or a config.json, or give --from",
                             field="--model")  # fmt: skip
        model = click.prompt("Which model (a name, or a config.json)", type=str)
    fields = _model(model, catalogue, output)
    last = str(fields["model"]).removesuffix("/config.json").rsplit("/", 1)[-1]
    return KnownWorkload(name=name_of(last), **fields)


def _model(model: str, catalogue: Catalogue, output: Path) -> dict[str, Any]:
    """The draft's fields of a model, a name or a config.json."""
    from lichen.model_config import read_model_config

    file = Path(model)
    if file.suffix == ".json" or file.is_file():
        kind = read_model_config(file)["kind"]
        relative = file.absolute()
        if relative.is_relative_to(output.absolute().parent):
            relative = relative.relative_to(output.absolute().parent)
        return {
            "model": relative.as_posix(),
            "is_config": True,
            "generates": kind in ("llm", "vlm"),
        }
    card = catalogue.model(model)
    return {"model": card.name, "is_config": False, "generates": card.generates}


def _asked(draft: KnownWorkload, known: set[str]) -> KnownWorkload:
    """The draft with the answers to what no option gave: asked for on a terminal."""
    needed = {"peak_rps": "--peak-rps", "environment": "--environment"}
    if draft.generates:
        needed |= {"input_tokens": "--input-tokens", "output_tokens": "--output-tokens"}
    lacking = [option for field, option in needed.items() if field not in known]
    if not sys.stdin.isatty():
        if lacking:
            raise InputError(
                f"{', '.join(lacking)} {'is' if len(lacking) == 1 else 'are'} required",
                fix="give them, or run the command on a terminal: it asks",
            )
        return draft
    from msgspec.structs import replace

    answers: dict[str, Any] = {}

    def ask(field: str, question: str, kind: Any, default: object = None) -> None:
        if field not in known:
            answers[field] = click.prompt(question, type=kind, default=default)

    ask("peak_rps", "1. Requests a second at the busiest", POSITIVE)
    if draft.generates:
        ask("input_tokens", "2. Tokens of a typical prompt", click.IntRange(0), 600)
        ask("output_tokens", "   and of its answer", click.IntRange(1), 200)
        ask("time_to_first_token_ms", "3. The answer begins within, in ms", POSITIVE, 2000.0)
    else:
        ask("p95_ms", "3. A request ends within, in ms", POSITIVE, 1000.0)
    ask("residency", "4. Data must stay in (such as EU; blank: anywhere)", _blank, "")
    ask("environment", "5. Environment", click.Choice(get_args(Environment)), "prod")
    return replace(draft, **answers)


def _blank(text: str) -> str | None:
    return text.strip() or None
