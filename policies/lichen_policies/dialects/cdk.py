"""The folder that AWS CDK writes (``cdk.out``): its manifest names each stack's template, with the
region, the parameters and the tags that it is deployed with.

Other files in the folder are code and data of the stacks' own resources.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from lichen.document import InputError, convert
from lichen.parsing.content import content_of, text_of
from lichen.parsing.json_text import from_json
from lichen_policies.dialects.deployment_input import DeploymentInput
from lichen_policies.facts import environment

OUTPUT = "cdk.out"
"""Where `cdk synth` writes, where no option says otherwise."""
MANIFEST = "manifest.json"

_PLACE = r"aws://[^/]+/(?P<region>[a-z]+(?:-[a-z]+)+-\d+)"
"""An artefact's place. An account or region that CDK does not know is ``unknown-region``."""


class ArtefactProperties(msgspec.Struct, frozen=True, rename="camel"):
    """What CDK says of an artefact: a stack's template, or another folder like this one."""

    template_file: str = ""
    directory_name: str = ""
    parameters: dict[str, str] = {}
    tags: dict[str, str] = {}


class Artefact(msgspec.Struct, frozen=True):
    type: str
    environment: str = ""
    properties: ArtefactProperties = ArtefactProperties()


class Manifest(msgspec.Struct, frozen=True):
    version: str
    artifacts: dict[str, Artefact] = {}


def is_assembly(folder: Path) -> bool:
    """Whether CDK wrote a folder."""
    if (folder / "cdk.out").is_file():  # the mark that CDK leaves
        return True
    try:
        return folder.name == "cdk.out" and (folder / MANIFEST).is_file()
    except OSError:
        return False


def stacks(folder: Path, given: DeploymentInput) -> Iterator[tuple[Path, DeploymentInput]]:
    """Each stack's template, and what it is deployed with; also those of the stages inside.

    :class:`InputError` where the manifest cannot be read.
    """
    file = folder / MANIFEST
    try:
        manifest = convert(from_json(text_of(content_of(file))), Manifest, quotes=False)
    except InputError as error:
        raise error.within(str(file)) from None
    for artefact in manifest.artifacts.values():
        own = artefact.properties
        if artefact.type == "aws:cloudformation:stack" and own.template_file:
            yield folder / own.template_file, _given(artefact, given)
        elif artefact.type == "cdk:cloud-assembly" and own.directory_name:
            yield from stacks(_inside(folder, own.directory_name, file), given)


def _inside(folder: Path, name: str, file: Path) -> Path:
    inner = folder / name
    if inner.resolve().parent != folder.resolve():  # it would leave the folder, or never end
        raise InputError("names a folder outside of its own", document=str(file), field=name)
    return inner


def _given(artefact: Artefact, given: DeploymentInput) -> DeploymentInput:
    place = re.match(_PLACE, artefact.environment)
    tags: Mapping[str, str] = artefact.properties.tags
    return msgspec.structs.replace(
        given,
        region=place["region"] if place else given.region,
        environment=environment.tagged(tags) or given.environment,
        parameters={**given.parameters, **artefact.properties.parameters},
        exact=False,
    )
