"""An answer of the panel in full, as the command prints it."""

from __future__ import annotations

import io

from lichen_doors.report.placement import renderables
from msgspec.structs import replace
from rich.console import Console

from lichen.document import InputError
from lichen.placing.choose import place
from lichen.placing.question import Question
from lichen.workload import as_workload
from tests.placements.panel import Case


def whole(case: Case) -> str:
    """The report of ``lichen place`` for a workload of the panel."""
    console = Console(file=io.StringIO(), width=100)
    try:
        question = Question.of(as_workload(case.workload), objective=case.asked.objective)
        if case.asked.any:
            question = replace(question, makes=None)
        console.print(*renderables(place(question), top=5), sep="\n")
    except InputError as error:
        return str(error)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()
