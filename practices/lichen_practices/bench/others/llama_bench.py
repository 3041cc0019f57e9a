"""``llama-bench``: a row for reading a prompt, one for generating, in each of its five formats."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from lichen.document import InputError
from lichen.evidence import Record
from lichen.figures import billions
from lichen.words import Precision
from lichen_practices.bench.others.fields import LENGTHS, Document, day_of, number, record
from lichen_practices.bench.record import About

_MEASURED = {"avg_ns", "avg_ts", "stddev_ns", "stddev_ts", "samples_ns", "samples_ts", "test_time"}
_TEST = {"n_prompt", "n_gen", "n_depth"}
_NEEDED = {"n_prompt", "n_gen", "avg_ns", "avg_ts"}


def is_document(document: Any) -> bool:
    rows = document if isinstance(document, list) else [document]
    return bool(rows) and all(isinstance(row, dict) and row.keys() >= _NEEDED for row in rows)


def read(document: Any, about: About) -> Iterator[Record]:
    """A record for each setting that was tried, such as a number of threads."""
    rows: list[Document] = document if isinstance(document, list) else [document]
    names = sorted({name for row in rows for name in row.keys() - _MEASURED - _TEST})
    differing = [name for name in names if len({str(row.get(name)) for row in rows}) > 1]
    if "model_filename" in differing or "model_type" in differing:
        raise InputError("is of several models", fix="run llama-bench with one -m, for each")
    alike: dict[tuple[str, ...], list[Document]] = {}
    for row in rows:
        alike.setdefault(tuple(str(row.get(name)) for name in differing), []).append(row)
    for values, group in alike.items():
        ran = ", ".join(f"{name} {value}" for name, value in zip(differing, values, strict=True))
        notes = (*about.notes, f"llama-bench ran it with {ran[:200]}.") if ran else about.notes
        yield from _of_one_setting(group, replace(about, notes=notes))


def _of_one_setting(rows: Sequence[Document], about: About) -> Iterator[Record]:
    """The longest prompt and the longest answer, from an empty context where there is one."""
    prompts = [
        row for row in rows if row["n_prompt"] and not row["n_gen"] and not row.get("n_depth")
    ]
    answers = [row for row in rows if row["n_gen"] and not row["n_prompt"]]
    prompt, answer = (max(kind, key=_tokens, default=None) for kind in (prompts, answers))
    if prompt is None and answer is None:
        raise InputError("has neither a prompt's row nor an answer's", fix="run it with -p and -n")
    of: Document = answer or prompt or {}
    graphics = str(of.get("gpu_info") or "")
    repeated = len(of.get("samples_ns") or ())
    if not repeated:
        uncounted = "The result does not say how often each test was repeated."
        about = replace(about, notes=(*about.notes, uncounted))
    yield from record(
        _of_the_same(of, graphics, about),
        f"llama-bench {of.get('build_number', '')}".strip(),
        repeated or 1,
        lengths=[
            name for name, row in zip(LENGTHS, (prompt, answer), strict=True) if row is not None
        ],
        concurrency=1.0,
        loop="closed",
        day=day_of(of.get("test_time")),
        input_tokens=int(prompt["n_prompt"] if prompt else of.get("n_depth") or 0),
        output_tokens=int(answer["n_gen"]) if answer else 0,
        time_to_first_token_ms=prompt["avg_ns"] / 1e6 if prompt else None,
        time_per_output_token_ms=1e3 / answer["avg_ts"] if answer else None,
        chip=None if about.chip else graphics.split(",")[0] or None,
        chips=None if about.chip or not graphics else float(graphics.count(",") + 1),
    )


def _tokens(row: Document) -> tuple[float, float]:
    return (-float(row.get("n_depth") or 0), row["n_prompt"] + row["n_gen"])


_FILE_TYPES: Mapping[str, Precision] = {
    " all F32": "fp32", " BF16": "bf16", " F16": "fp16", " Q8_0": "q8_0", " Q6_K": "q6_k",
    " Q5_K - Medium": "q5_k_m", " Q4_K - Medium": "q4_k_m", " Q4_0": "q4_0",
}  # fmt: skip
"""How a ``model_type`` ends: the file's type by llama.cpp's name (llama_model_ftype_name)."""
_OTHER_SIZE = 1.5
"""Counts of parameters that differ by more are of two models: some leave embeddings out."""


def _of_the_same(row: Document, graphics: str, about: About) -> About:
    """What a result is about, with what it says of its file in the notes. :class:`InputError`
    where it says another precision, model or chip."""
    kind = str(row.get("model_type") or "")[:200].removesuffix(" (guessed)")
    precision = next((each for end, each in _FILE_TYPES.items() if kind.endswith(end)), None)
    if precision not in (None, about.precision):
        raise InputError(
            f"is of {kind}, which is {precision}, and not {about.precision}",
            fix=f"add --precision {precision}",
        )
    count = number(row.get("model_n_params"))
    if count and about.parameters:
        apart = max(count / about.parameters, about.parameters / count)
        if apart > _OTHER_SIZE:
            raise InputError(
                f"is of a model of {billions(count)} parameters, and {about.model} has "
                f"{billions(about.parameters)}",
                fix="name the model that was measured: --model",
            )
    named, expected = _chips_in(graphics), _chips_in(about.accelerator or "")
    if named and expected and not named & expected:
        raise InputError(
            f"is of {graphics[:200]}, and the machine has {about.accelerator}",
            fix="name the machine that was measured: --machine, or --chip and --chips",
        )
    if not kind or precision is not None:
        return about
    return replace(about, notes=(*about.notes, f"The result is of {kind}."))


def _chips_in(name: str) -> frozenset[str]:
    """The numbers of chips in a text: ``H100`` of "NVIDIA H100 80GB HBM3"."""
    words = re.split(r"[^A-Za-z0-9]+", name)
    return frozenset(each for each in words if re.fullmatch(r"[A-Z]{1,2}\d{1,4}[A-Z]{0,2}", each))


# --- what it prints for people, spreadsheets and databases ---

_COUNT = re.compile(r"([\d.]+) ([MB])")
_TEST_NAME = re.compile(r"(?:pp(\d+))?\+?(?:tg(\d+))?(?: @ d(\d+))?")
_INSERTED = re.compile(r"INSERT INTO \w+ \((.*?)\) VALUES \((.*)\);")


def rows_printed(text: str) -> list[Document]:
    """The rows of ``-o csv``, ``-o sql`` and ``-o md``, with names and types of ``-o json``; none
    where the text is of none of them."""
    if text.startswith("build_commit,"):
        return [_typed(row) for row in csv.DictReader(io.StringIO(text))]
    if inserted := _INSERTED.findall(text):
        return [
            _typed(dict(zip(names.split(", "), _quoted(values), strict=True)))
            for names, values in inserted
        ]
    return list(_rows_of_table(text))


def _quoted(values: str) -> list[str]:
    return next(csv.reader([values], quotechar="'", skipinitialspace=True))


def _typed(row: Mapping[str, str]) -> Document:
    numbers = {"model_n_params", *_TEST, "avg_ns", "avg_ts"} & row.keys()
    return {**row, **{name: float(row[name]) for name in numbers}}


def _rows_of_table(text: str) -> Iterator[Document]:
    """Rows of the Markdown table: it has rates and no times, and a column for each setting that is
    not the default."""
    lines = [line.strip().strip("|").split("|") for line in text.splitlines() if "|" in line]
    cells = [[cell.strip() for cell in line] for line in lines]
    heads = [at for at, line in enumerate(cells) if {"model", "params", "test", "t/s"} <= set(line)]
    build = re.search(r"^build: \w+ \((\d+)\)", text, re.MULTILINE)
    for values in cells[heads[0] + 2 :] if heads else ():
        row = dict(zip(cells[heads[0]], values, strict=True))
        rate = float(row.pop("t/s").split(" ")[0])
        test, count = _TEST_NAME.fullmatch(row.pop("test")), _COUNT.fullmatch(row.pop("params"))
        if test is None or count is None:
            raise ValueError
        n_prompt, n_gen, n_depth = (int(found or 0) for found in test.groups())
        yield {
            "build_number": build[1] if build else "",
            "model_type": row.pop("model"),
            "model_n_params": float(count[1]) * {"M": 1e6, "B": 1e9}[count[2]],
            "n_prompt": n_prompt,
            "n_gen": n_gen,
            "n_depth": n_depth,
            "avg_ts": rate,
            "avg_ns": (n_prompt + n_gen) / rate * 1e9,
            **row,
        }
