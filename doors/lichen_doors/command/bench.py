"""``lichen bench``: measure an endpoint into a benchmark record, and what production will cost."""

from __future__ import annotations

import itertools
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click

from lichen.day import present_day
from lichen.input_error import InputError
from lichen.words import Precision
from lichen_doors.command.options import FILE, INPUT, NumberRange, formats
from lichen_doors.command.output import check_replaced, progress, show
from lichen_doors.command.own_rows import configured_catalogue

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from lichen_practices.bench.endpoint import Answering
    from lichen_practices.bench.measure import OfferedLoad, Progress
    from lichen_practices.bench.protocols import Protocol
    from lichen_practices.bench.record import About

    from lichen.catalogue import Catalogue
    from lichen.evidence import Record
    from lichen.workload import ModelCard, Workload

PROTOCOLS = ("chat", "completions", "embeddings", "tei")
RATES = ("peak", "mean", "day")


@click.command("bench")
@click.argument("url", metavar="[URL]", required=False)
@click.option("--workload", "workload_file", type=INPUT, help="Its traffic is the load, its model "
              "the record's; and production is placed with what was measured.")  # fmt: skip
@click.option("--from", "other", type=INPUT, help="The result of another tool, in place of URL.")
@click.option("--model", help="A name from `lichen catalogue models`. Default: the workload's.")
@click.option("--machine", help="The machine that serves, by its name in `lichen catalogue "
              "machines`. Default, on this machine: what it computes with.")  # fmt: skip
@click.option("--chip", help="What a machine of no cloud computes with, by its name in "
              "`lichen catalogue accelerators`.")  # fmt: skip
@click.option("--chips", type=NumberRange(min=0, min_open=True),
              help="How many; of a processor, its cores.")  # fmt: skip
@click.option("--precision", type=click.Choice(get_args(Precision)),
              help="What is served. Default: the workload's, or the model's own.")  # fmt: skip
@click.option("--stack", help="The serving software, such as vllm or llama.cpp.")
@click.option("--protocol", type=click.Choice(PROTOCOLS),
              help="The kind of server. Default: what it says of itself.")  # fmt: skip
@click.option("--served-model", default="", help="The model's name at the server.")
@click.option("--template", type=INPUT, help="A request as JSON with {prompt} in it, for any other "
              "server: it is sent to URL by POST.")  # fmt: skip
@click.option("--header", "header_lines", multiple=True, metavar="'NAME: VALUE'",
              help="Sent, never recorded; $NAME is of the environment.")  # fmt: skip
@click.option("--closed", type=click.IntRange(1, 10_000), metavar="N",
              help="A closed loop: N requests in flight.")  # fmt: skip
@click.option("--rate", metavar="RATE", help="An open loop: requests a second, or the workload's "
              "peak, mean, or day (its 24 hours in little). Default: the peak.")  # fmt: skip
@click.option("--seconds", type=NumberRange(0.1, 86_400), default=60.0, show_default=True,
              help="How long is measured.")  # fmt: skip
@click.option("--warm-up", type=NumberRange(0, 3_600), default=5.0, show_default=True,
              help="Seconds of the same load before, which are not measured.")  # fmt: skip
@click.option("--requests", "most_requests", type=click.IntRange(1), help="End after so many.")
@click.option("--timeout", "timeout_s", type=NumberRange(0.1, 3_600), default=120.0,
              show_default=True, help="Seconds that a request may take.")  # fmt: skip
@click.option("--input-tokens", type=click.IntRange(1, 1_000_000), help="Of a prompt. Default: the "
              "workload's, or 256; with --from, what the result says.")  # fmt: skip
@click.option("--output-tokens", type=click.IntRange(1, 100_000), help="Of an answer. Default: the "
              "workload's, or 128; with --from, what the result says.")  # fmt: skip
@click.option("--prompts", "prompts_file", type=INPUT, help="Your own prompts, one a line, in "
              "place of random words.")  # fmt: skip
@click.option("--seed", type=int, default=1, show_default=True, help="Of arrivals and words.")
@click.option("--output", type=FILE, help="The record's file. Default: a name from "
              "model, machine and load, that no file has yet.")  # fmt: skip
@formats("text", "json")
def command(
    url: str | None,
    workload_file: Path | None,
    other: Path | None,
    model: str | None,
    machine: str | None,
    chip: str | None,
    chips: float | None,
    precision: Precision | None,
    stack: str | None,
    protocol: Protocol | None,
    served_model: str,
    template: Path | None,
    header_lines: tuple[str, ...],
    closed: int | None,
    rate: str | None,
    seconds: float,
    warm_up: float,
    most_requests: int | None,
    timeout_s: float,
    input_tokens: int | None,
    output_tokens: int | None,
    prompts_file: Path | None,
    seed: int,
    output: Path | None,
    form: str,
) -> None:
    """Measure an endpoint into a benchmark record.

    URL is a server of yours: vLLM, SGLang, llama.cpp, Ollama, TGI or another that speaks OpenAI's
    API, text-embeddings-inference, or any other by --template. The load is an open loop (Poisson
    arrivals; a request's time counts from when it was due) or a closed one. Ctrl-C ends it and
    keeps what was measured.

    With --workload, the answer also says what production will cost and emit, and how far the
    measurement narrowed that. Name the record in the workload's `evidence` to keep it.
    """
    if url is None and other is None:
        raise click.UsageError("give the URL of an endpoint, or a result by --from")
    if url is not None and other is not None:
        raise click.UsageError("URL and --from are two ways to a record: give one")
    if closed is not None and rate is not None:
        raise click.UsageError("--closed and --rate are two ways to load: give one")
    if output is not None and output.suffix != ".json":
        raise InputError("does not end in .json", fix="name it so", field="--output")
    check_replaced("--output", output, "benchmark record", _is_record)
    folder = Path() if output is None else output.parent
    if not os.access(folder, os.W_OK):
        raise InputError(
            f"nothing can be written into {folder}", fix="name another place", field="--output"
        )
    from lichen_practices.bench import measure as loading
    from lichen_practices.bench.outlook import outlook_of

    from lichen.workload import read_workload
    from lichen_doors.report import bench as report
    from lichen_doors.report import for_programs

    catalogue = configured_catalogue(workload_file or Path.cwd())
    workload = None if workload_file is None else read_workload(workload_file)
    card = _card(workload, model, catalogue)
    about = _about(
        workload, card, model, machine, chip, chips, precision, stack, url, catalogue, other
    )
    why_no_energy = ""
    if other is not None:
        import msgspec
        from lichen_practices.bench.others import records_of_other

        lengths = {"input_tokens": input_tokens, "output_tokens": output_tokens}
        records = records_of_other(other, msgspec.structs.replace(about, **lengths))
    else:
        assert url is not None
        tokens = (
            input_tokens or (workload and workload.traffic.input_tokens) or 256,
            output_tokens or (workload and workload.traffic.output_tokens) or 128,
        )
        rates = () if closed else _rates(rate, workload)
        texts = None if prompts_file is None else _lines(prompts_file)
        endpoint = _endpoint(
            url, protocol, served_model, header_lines, timeout_s, card, tokens[1], template
        )
        plan = loading.OfferedLoad(
            target=endpoint.target,
            shape=endpoint.shape,
            prompt=_prompts(endpoint, tokens[0], seed, texts),
            seconds=seconds,
            warm_up_s=warm_up,
            concurrency=closed,
            rates_rps=rates,
            seed=seed,
            most_requests=most_requests,
        )
        # What takes an image or a recording has no tokens: the words only make requests differ.
        in_tokens = 0 if card is not None and card.item else tokens[0]
        measured, why_no_energy = _measured(plan, about, endpoint, in_tokens)
        records = (measured,)
    files = tuple(
        str(_kept(record, output, number if len(records) > 1 else 0))
        for number, record in enumerate(records, 1)
    )
    outlook = None
    if workload is not None and workload_file is not None:
        from lichen.placing.question import Question

        question = Question.of(workload, near=workload_file, catalogue=catalogue)
        outlook = outlook_of(records, question)
    answer = report.Bench(
        files=files, records=records, energy_unknown=why_no_energy, outlook=outlook
    )
    if form == "json":
        click.echo(for_programs(answer))
    else:
        show(report.renderables(answer), form, title="lichen bench")


def _card(workload: Workload | None, model: str | None, catalogue: Catalogue) -> ModelCard | None:
    """The model's card; None of a model that the catalogue does not know and no workload has."""
    from lichen.placing.question import model_card

    if workload is not None and model is None:
        return model_card(workload, catalogue)
    if model is None:
        raise InputError("is required", fix="name the model, or give --workload", field="--model")
    return catalogue.models.get(model)


def _about(
    workload: Workload | None,
    card: ModelCard | None,
    model: str | None,
    machine: str | None,
    chip: str | None,
    chips: float | None,
    precision: Precision | None,
    stack: str | None,
    url: str | None,
    catalogue: Catalogue,
    other: Path | None,
) -> About:
    """What is measured, where options leave it out."""
    from lichen_practices.bench.hardware import this_machine
    from lichen_practices.bench.measure import is_loopback
    from lichen_practices.bench.record import About

    from lichen.sizing.coefficients import knowledge
    from lichen.workload import served_in

    if precision is None and workload is not None and workload.precisions:
        precision = workload.precisions[0]
    if precision is None and card is not None:
        precision = served_in(card)
    if precision is None:
        raise InputError(
            "is required, since the catalogue does not know the model",
            fix="add --precision",
            field="--precision",
        )
    served_by = None if machine is None else catalogue.machines.get(catalogue.bare_name(machine))
    known = machine is None or served_by is not None
    if not known and chip is None:
        raise InputError(
            f"{machine!r} is not a machine of the catalogue",
            fix="take a name of `lichen catalogue machines`, or add --chip and --chips",
            field="--machine",
        )
    if chip is not None and knowledge(catalogue).chips.get(chip) is None:
        raise InputError(
            f"{chip!r} is not a chip of the catalogue",
            fix="take a name of `lichen catalogue accelerators`",
            field="--chip",
        )
    notes: tuple[str, ...] = ()
    if machine is None and chip is None:
        if other is not None or url is None or not is_loopback(url):
            raise InputError(
                "is required, since the server is not on this machine",
                fix="name the machine that serves, or its --chip and --chips",
                field="--machine",
            )
        found = this_machine(catalogue)
        machine = "this machine"
        if found is not None:
            machine, chip, chips = f"a machine with {found.chip}", found.chip, found.chips
            if not found.is_known:
                notes = (
                    f"The catalogue has no speed of {found.chip}: nothing carries over to other "
                    "machines.",
                )
    return About(
        model=card.name if card is not None else str(model),
        machine=machine or f"a machine with {chip}",
        precision=precision,
        day=present_day(),
        stack=stack,
        chip=chip,
        chips=chips,
        notes=notes,
        generates=card is not None and card.generates,
        parameters=None if card is None else card.parameters,
        accelerator=chip or (served_by.accelerator if served_by is not None else None),
    )


def _endpoint(
    url: str,
    protocol: Protocol | None,
    served_model: str,
    header_lines: tuple[str, ...],
    timeout_s: float,
    card: ModelCard | None,
    output_tokens: int,
    template: Path | None,
) -> Answering:
    from lichen_practices.bench.endpoint import endpoint_of
    from lichen_practices.bench.protocols import read_template

    from lichen.parsing.content import content_of, text_of

    body: Any = None
    if template is not None:
        try:
            body = read_template(text_of(content_of(template, 16)))
        except InputError as error:
            raise error.within(str(template)) from None
    with progress() as say:
        say("asking the server what it is")
        return endpoint_of(
            url,
            protocol=protocol,
            served_model=served_model,
            headers=_headers(header_lines),
            timeout_s=timeout_s,
            is_embedding=card is not None and card.kind in ("encoder", "reranker"),
            output_tokens=output_tokens,
            body=body,
        )


def _headers(lines: tuple[str, ...]) -> Mapping[str, str]:
    """Headers with what they take from the environment; :class:`InputError` quotes none."""
    found = {}
    for line in lines:
        name, colon, value = line.partition(":")
        if not colon or not re.fullmatch(r"[A-Za-z0-9-]+", name.strip()):
            raise InputError("is not a header", fix="write 'Name: value'", field="--header")
        found[name.strip()] = re.sub(r"\$\{?(\w+)\}?", _of_environment, value.strip())
    return found


def _of_environment(name: re.Match[str]) -> str:
    try:
        return os.environ[name[1]]
    except KeyError:
        raise InputError(
            f"the variable {name[1]} is not set", fix="export it", field="--header"
        ) from None


def _prompts(
    endpoint: Answering, input_tokens: int, seed: int, texts: list[str] | None
) -> Callable[[int], str]:
    """The prompt of each request by its number: the user's own, or random words."""
    from lichen_practices.bench.endpoint import prompt_of

    if texts is not None:
        return lambda number: texts[number % len(texts)]
    words = endpoint.words_for(input_tokens)
    return lambda number: prompt_of(words, seed=(seed << 32) + number)


def _lines(file: Path) -> list[str]:
    from lichen.parsing.content import text_in

    lines = [line for line in text_in(file, 64).splitlines() if line.strip()]
    if not lines:
        raise InputError("has no prompt", fix="write one prompt a line", document=str(file))
    return lines


def _rates(rate: str | None, workload: Workload | None) -> tuple[float, ...]:
    """Requests a second of an open loop, in parts of equal length."""
    traffic = None if workload is None else workload.traffic
    if rate is None and traffic is None:
        raise click.UsageError("say how to load: --closed N, --rate RATE, or --workload FILE")
    if rate in (None, *RATES):
        if traffic is None:
            raise InputError(
                f"{rate} is of a workload", fix="give --workload, or a number", field="--rate"
            )
        day = traffic.profile_rps
        rates = {"day": day, "mean": (sum(day) / len(day),)}.get(rate or "", (traffic.peak_rps,))
    else:
        try:
            rates = (float(str(rate)),)
        except ValueError:
            rates = (0.0,)
    if not 0 < max(rates) <= 1e5:
        raise InputError(
            f"{rate or 'the peak'} is not a rate above 0 and up to 100,000 requests/s",
            fix=f"give a number, or one of {', '.join(RATES)}",
            field="--rate",
        )
    return tuple(rates)


def _measured(
    plan: OfferedLoad, about: About, endpoint: Answering, input_tokens: int
) -> tuple[Record, str]:
    """The record, and why it has no energy."""
    import asyncio

    from lichen_practices.bench.energy import meter_of_this_machine
    from lichen_practices.bench.measure import is_loopback, measure
    from lichen_practices.bench.record import record_of

    meter = (
        meter_of_this_machine()
        if is_loopback(plan.target.url)
        else "the server is on another machine, whose counters this one does not see"
    )
    with progress() as say:
        measured = asyncio.run(
            measure(plan, None if isinstance(meter, str) else meter, lambda now: say(_said(now)))
        )
    record = record_of(
        measured, plan, about, assumed_tokens=0 if endpoint.counted else input_tokens
    )
    return record, meter if isinstance(meter, str) else measured.why_no_energy


def _said(now: Progress) -> str:
    phase = "warming up" if now.warming_up else "measuring"
    return (
        f"{phase}: {now.passed_s:.0f} of {now.of_s:.0f} s; {now.answered} answered, "
        f"{now.failed} failed, {now.in_flight} in flight; Ctrl-C keeps what was measured"
    )


def _is_record(file: Path) -> bool:
    """Whether an earlier run wrote a file; it may have measured nothing."""
    from lichen.document import convert, read_document
    from lichen.evidence import Record

    try:
        convert(read_document(file), Record)
    except InputError:
        return False
    return True


def _kept(record: Record, output: Path | None, number: int = 0) -> Path:
    """Write the record; its file. One of several has its number in the name.

    Without ``output`` no file is written over: the next number that is free is in the name.
    """
    import msgspec

    from lichen.whole_file import write_asked

    if output is None:
        load = f"closed {record.concurrency:g}"
        if record.loop == "open" and record.offered_rps:
            load = f"open {record.offered_rps:.3g} rps"
        slug = re.sub(r"[^a-z0-9.]+", "-", f"{record.model} {record.machine} {load}".lower())
        plain = Path(f"benchmark-{slug.strip('-')}.json")
        names = (plain.with_stem(f"{plain.stem}-{again}") for again in itertools.count(2))
        output = next(name for name in itertools.chain([plain], names) if not name.exists())
    elif number:
        output = output.with_stem(f"{output.stem}-{number}")
        check_replaced("--output", output, "benchmark record", _is_record)
    text = msgspec.json.format(msgspec.json.encode(record))
    write_asked(output, text + b"\n")
    return output
