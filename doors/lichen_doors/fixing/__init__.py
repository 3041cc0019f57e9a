"""``lichen check --fix``: the changes that may be made without a person, written into the files.

Each is an edit of the one value that it changes, so comments and layout stay. What cannot be
written is listed with its reason: a value that is made of others, a program, a module.
"""

from __future__ import annotations

import difflib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec
from lichen_policies.dialects.kubernetes import CARRIERS
from lichen_policies.facts import Resource
from lichen_policies.facts.properties import AZAPI_BODY
from lichen_policies.remediation import changes_of
from lichen_policies.verdict import Change, Value, Verdict

from lichen.whole_file import write_asked
from lichen_doors.fixing import terraform_text, workload_text, yaml_text
from lichen_doors.fixing.editing import Edit, NoPlace, read_text

_IN_TERRAFORM = {AZAPI_BODY, *(places[0] for places in CARRIERS.values())}
"""Where a resource of Terraform holds a whole object of Kubernetes, or of Azure's API."""


class Left(msgspec.Struct, frozen=True):
    """A change that is not written, and why."""

    resource: str
    rule: str
    change: str
    because: str


def edits(
    findings: Iterable[Verdict], resources: Iterable[Resource]
) -> tuple[list[Edit], list[Left]]:
    """The edits of all findings, and what a person has to do."""
    by_address = {(resource.address, resource.file): resource for resource in resources}
    found: dict[tuple[Path, int, int, str], Edit] = {}
    left: list[Left] = []
    for verdict in findings:
        resource = by_address.get((verdict.resource, verdict.file))
        if resource is None or not verdict.changes:
            left.append(Left(verdict.resource, verdict.rule, verdict.fix, "a person decides"))
            continue
        try:
            own = list(_edits_of(verdict, resource))
            for edit in own:
                other = found.get(_place(edit), edit)
                if other.text != edit.text:
                    raise NoPlace(f"another rule would write {other.text} there")
        except NoPlace as because:
            left.append(Left(verdict.resource, verdict.rule, verdict.fix, str(because)))
        else:
            found |= {_place(edit): edit for edit in own}
    return sorted(found.values(), key=lambda edit: (str(edit.file), edit.start)), left


def _place(edit: Edit) -> tuple[Path, int, int, str]:
    """What an edit replaces; of what is only added, several may be at one place."""
    return edit.file, edit.start, edit.end, edit.text if edit.start == edit.end else ""


def _edits_of(verdict: Verdict, resource: Resource) -> Iterator[Edit]:
    changes = changes_of(verdict)
    if not changes:
        raise NoPlace("a person decides, since it is not always valid")
    for change in changes:
        if change.to is None:
            raise NoPlace(f"{change.path} is to be removed")
        yield _edit(change, change.to, resource)


def _edit(change: Change, to: Value, resource: Resource) -> Edit:
    if resource.dialect == "pulumi" or resource.address.startswith("urn:"):
        return workload_text.edit(change, to, resource)
    if resource.dialect == "terraform" or resource.root in _IN_TERRAFORM:
        return terraform_text.edit(change, to, resource)
    return yaml_text.edit(change, to, resource)


def new_texts(edits: Sequence[Edit]) -> dict[Path, tuple[str, str]]:
    """Each file's text before and after its edits."""
    by_file: dict[Path, list[Edit]] = defaultdict(list)
    for edit in edits:
        by_file[edit.file].append(edit)
    texts = {}
    for file, own in by_file.items():
        before = after = read_text(file)
        for edit in sorted(own, key=lambda edit: -edit.start):
            after = f"{after[: edit.start]}{edit.text}{after[edit.end :]}"
        texts[file] = (before, after)
    return texts


def difference(texts: Mapping[Path, tuple[str, str]]) -> str:
    """What would be written, as a unified diff."""
    return "".join(
        line if line.endswith("\n") else f"{line}\n"
        for file, (before, after) in texts.items()
        for line in difflib.unified_diff(
            before.splitlines(keepends=True),
            after.splitlines(keepends=True),
            str(file),
            str(file),
        )
    )


def write(texts: Mapping[Path, tuple[str, str]]) -> None:
    """Write every file whole. :class:`InputError` for one that cannot be written."""
    for file, (_, after) in texts.items():
        write_asked(file, after)
