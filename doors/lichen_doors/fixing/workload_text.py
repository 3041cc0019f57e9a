"""The place of a value in the workload's file that a component made a resource from.

A preview does not say which file that was. Its resources carry the workload's name, so the file of
that name is looked for in the folder of the preview and in the folders there.
"""

from __future__ import annotations

from pathlib import Path

import yaml
from lichen_policies.facts import Resource
from lichen_policies.facts.reading import facts_of
from lichen_policies.verdict import Change, Value

from lichen.passport import Passport
from lichen_doors.fixing.editing import Edit, NoPlace
from lichen_doors.fixing.yaml_text import documents, edit_within

_FIELDS = {"name", "model", "traffic"}
"""What every workload has."""


def edit(change: Change, to: Value, resource: Resource) -> Edit:
    """The edit that sets a field of a resource's workload; NoPlace where none decides the value."""
    name = _workload_of(resource)
    if not name:
        raise NoPlace("it is set in a program")
    if not change.workload:
        raise NoPlace(f"no field of the workload {name} decides it")
    file, node = _file_of(name, Path(resource.file or ".").parent)
    return edit_within(file, node, change.workload, to, change)


def _workload_of(resource: Resource) -> str:
    """The name of the workload that a resource was made from; empty where it names none."""
    for fact in facts_of(resource) or ():
        passport = fact.context.passport
        if isinstance(passport, Passport):
            return passport.workload or ""
    return ""


def _file_of(name: str, folder: Path) -> tuple[Path, yaml.Node]:
    """The one file that has the workload, and its document."""
    found = []
    for file in sorted((*folder.glob("*.y*ml"), *folder.glob("[!.]*/*.y*ml"))):
        try:
            whole = documents(file)
        except NoPlace:
            continue
        if len(whole) == 1 and isinstance(whole[0], yaml.MappingNode):
            values = {key.value: value.value for key, value in whole[0].value}
            if values.keys() >= _FIELDS and values["name"] == name:
                found.append((file, whole[0]))
    if len(found) != 1:
        where = folder.resolve().name or "the folder"
        files = "no file" if not found else f"{len(found)} files"
        raise NoPlace(f"{files} in {where} and its folders describe the workload {name}")
    return found[0]
