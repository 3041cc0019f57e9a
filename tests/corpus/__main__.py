"""``make precision``: judge the corpus, compare with its labels, write docs/precision.md.

``python -m tests.corpus STACK...`` compares these stacks alone and writes nothing;
``python -m tests.corpus resources STACK`` lists the addresses that a label may name;
``python -m tests.corpus unlabelled`` lists the stacks without labels.
"""

from __future__ import annotations

import sys

from lichen.document import InputError
from tests.corpus.document import DOCUMENT, printed, written
from tests.corpus.judged import ask_all, record, recorded
from tests.corpus.labels import labels_of, unlabelled
from tests.corpus.stacks import resources, stacks


def main(names: list[str]) -> None:
    match names:
        case ["resources", stack]:
            print("\n".join(f"{one.type}  {one.address}" for one in resources(stack)))
            return
        case ["unlabelled"]:
            print("\n".join(unlabelled()))
            return
    due = {name: labels_of(name) for name in names or stacks()}
    before, verdicts = recorded(), ask_all(due)
    print(printed(verdicts, due))
    if names:
        return
    moved = sum(len({*before.get(name, ())} ^ {*said}) for name, said in verdicts.items() if before)
    print(f"\n{moved} verdicts moved since they were last recorded.")
    record(verdicts)
    DOCUMENT.write_text(written(verdicts, due), encoding="utf-8")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except InputError as error:
        sys.exit(str(error))
