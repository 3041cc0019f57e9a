"""``make placements``: ask the live catalogue, judge, print the table, write docs/placements.md.

``python -m tests.placements NAME...`` asks these workloads alone, and prints each whole answer as
``lichen place`` does; it writes nothing.
"""

from __future__ import annotations

import sys

from tests.placements.asking import RECORDED, ask, record, recorded
from tests.placements.document import DOCUMENT, table, written
from tests.placements.panel import judge, never, panel
from tests.placements.whole import whole


def main(names: list[str]) -> None:
    cases, barred = panel(), never()
    if names:
        for case in cases:
            if case.name in names:
                print(whole(case))
                judgement = judge(ask(case), case, barred)
                print(judgement.grade, *judgement.reasons, sep="\n  ")
        return
    before = recorded() if RECORDED.exists() else {}
    answers = tuple(ask(case) for case in cases)
    print(table(cases, {answer.workload: answer for answer in answers}))
    moved = [answer.workload for answer in answers if answer != before.get(answer.workload)]
    print(f"\n{len(moved)} of {len(answers)} answers moved since they were last recorded.")
    record(answers)
    DOCUMENT.write_text(written(cases, {one.workload: one for one in answers}), encoding="utf-8")


main(sys.argv[1:])
