"""Benchmark records from the results of other tools, each recognised by its content.

Each module reads one tool's results: names and units of fields are those that the tool writes.
docs/practices/measuring.md says of which versions real results are among the tests.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from lichen.document import InputError
from lichen.evidence import Record
from lichen.parsing.content import text_in
from lichen_practices.bench.others import (
    aiperf,
    guidellm,
    inference_perf,
    llama_bench,
    loadgen,
    vllm,
)
from lichen_practices.bench.record import About

_MOST_MIB = 512
"""Some results have every request in them."""
READ = (
    "vllm bench serve, SGLang's bench_serving, llama-bench, guidellm's benchmarks.json, the JSON "
    "of genai-perf, aiperf and inference-perf, and MLPerf's loadgen"
)
_READERS: tuple[tuple[Callable[[Any], bool], Callable[[Any, About], Iterator[Record]]], ...] = (
    (vllm.is_document, vllm.read),
    (llama_bench.is_document, llama_bench.read),
    (guidellm.is_document, guidellm.read),
    (inference_perf.is_document, inference_perf.read),
    (aiperf.is_document, aiperf.read),
)


def records_of_other(path: Path, about: About) -> tuple[Record, ...]:
    """The records in another tool's result, one for each load that it ran.

    :class:`InputError` where the file is of no tool that is read, or has no time in it.
    """
    text = text_in(path, _MOST_MIB)
    if not text.strip():
        raise InputError("is empty", fix=f"read are {READ}", document=str(path))
    try:
        found = tuple(_records(text, about))
    except InputError as error:
        raise error.within(str(path)) from None
    except (KeyError, TypeError, AttributeError, ZeroDivisionError, ValueError, OverflowError):
        raise InputError(
            "has the form of a benchmark's result, but not all of its fields",
            fix="give the whole file, as the tool wrote it",
            document=str(path),
        ) from None
    if not found:
        raise InputError(
            "has no request that was answered", fix="measure again", document=str(path)
        )
    return found


def _records(text: str, about: About) -> Iterator[Record]:
    if loadgen.is_summary(text):
        yield from loadgen.read(text, about)
        return
    for document in _documents(text):
        for recognises, read in _READERS:
            if recognises(document):
                yield from read(document, about)
                break
        else:
            raise InputError("is of no tool that is read", fix=f"read are {READ}")


def _documents(text: str) -> Sequence[Any]:
    """One JSON document, or one a line; the rows of llama-bench are one, however printed."""
    try:
        return [json.loads(text)]
    except (ValueError, RecursionError):
        pass
    if rows := llama_bench.rows_printed(text):
        return [rows]
    try:
        found = [json.loads(line) for line in text.splitlines() if line.strip()]
    except (ValueError, RecursionError):
        raise InputError("is of no tool that is read", fix=f"read are {READ}") from None
    return [found] if llama_bench.is_document(found) else found
