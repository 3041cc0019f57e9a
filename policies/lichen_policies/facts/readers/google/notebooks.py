"""Machines for people: notebooks of Workbench, of its two older kinds, and Colab's runtimes."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from lichen_policies.facts.fact import Context, Fact
from lichen_policies.facts.kinds import Located, Machines, Notebook
from lichen_policies.facts.machine import bare
from lichen_policies.facts.properties import Properties
from lichen_policies.facts.readers.google.accelerators import accelerators, has_attached
from lichen_policies.facts.unknown import Maybe, field, is_left_out, is_unknown

CLOUD = "google"
TYPES = {
    "pulumi": (
        "gcp:workbench/instance:Instance",
        "gcp:notebooks/instance:Instance",
        "gcp:notebooks/runtime:Runtime",
        "gcp:colab/runtimeTemplate:RuntimeTemplate",
    ),
    "terraform": (
        "google_workbench_instance",
        "google_notebooks_instance",
        "google_notebooks_runtime",
        "google_colab_runtime_template",
    ),
}
FACTS = (Located, Machines, Notebook)

_HOSTING = "workbench"
_DEFAULT_H = 3.0
"""After how many idle hours the service stops a notebook that sets no other time. Source: Vertex AI
documentation, Idle shutdown, 2026."""

_SECONDS = re.compile(r"(\d{1,15})(?:\.\d+)?s?")
_STOPPED = "STOPPED"


def read(properties: Properties, _context: Context) -> Iterator[Fact]:
    """A Located, what it carries and a Notebook; nothing for one that is kept stopped."""
    if properties.text("desired_state") == _STOPPED:
        return
    machine = _machine(properties)
    yield Located(
        region_at=properties.at("location"),
        machine=field(bare(machine.text("machine_type"))),
        hosting=_HOSTING,
    )
    if machine.given("accelerator_count") and machine.given("accelerator_type"):
        yield Machines(
            path=machine.at("accelerator_type"),
            machine=field(bare(machine.text("machine_type"))),
            chip=field(machine.text("accelerator_type")),
            chips_each=field(machine.amount("accelerator_count")),
            hosting=_HOSTING,
        )
    else:
        yield from accelerators(machine, hosting=_HOSTING)
    name, path = machine.stated_text("machine_type")
    idle_h, idle_at, wanted = _idle_h(properties)
    yield Notebook(
        path=path,
        machine=field(bare(name)),
        machine_at=path,
        attached=machine.given("accelerator_type") is True or field(has_attached(machine)),
        idle_h=field(idle_h),
        idle_h_at=idle_at,
        to_stop=f"set {idle_at} to {wanted}",
        source="Vertex AI documentation, Idle shutdown, 2026",
        hosting=_HOSTING,
    )


def _machine(properties: Properties) -> Properties:
    """The block that names the machine, which is another in each kind."""
    for block in ("gce_setup", "machine_spec"):
        if found := properties.chosen_block(block):
            return found
    runtime = properties.block("virtual_machine").block("virtual_machine_config")
    return runtime or properties


def _idle_h(properties: Properties) -> tuple[Maybe[float], str, str]:
    """The idle hours after which a notebook stops, the property that sets them, and what to set it
    to. The oldest kind of notebook has no such property, so nothing is known of it."""
    if setup := properties.chosen_block("gce_setup"):
        return _by_metadata(setup)
    software = properties.block("software_config")
    if software:
        switch = software.flag("idle_shutdown")
        if switch is False or is_unknown(switch):
            return math.inf if switch is False else switch, software.at("idle_shutdown"), "true"
        minutes = software.amount("idle_shutdown_timeout")
        if minutes is not None and not is_unknown(minutes):
            minutes /= 60
        hours: Maybe[float] = _DEFAULT_H if minutes is None else minutes
        return hours, software.at("idle_shutdown_timeout"), "180"
    colab = properties.block("idle_shutdown_config")
    if colab:
        return _hours(colab.text("idle_timeout")), colab.at("idle_timeout"), "10800s"
    return None, "", ""


def _by_metadata(setup: Properties) -> tuple[Maybe[float], str, str]:
    """Of Workbench: no time at all turns it off, and so does a machine that keeps its guest
    attributes to itself."""

    def at(key: str) -> str:
        return f'{setup.at("metadata")}["{key}"]'

    metadata = setup.tags("metadata")
    if is_left_out(metadata):
        metadata = None
    if is_unknown(metadata):
        return metadata, setup.at("metadata"), ""
    written = (metadata or {}).get("enable-guest-attributes")
    if str(written).lower() == "false":
        return math.inf, at("enable-guest-attributes"), "true"
    return _hours((metadata or {}).get("idle-timeout-seconds")), at("idle-timeout-seconds"), "10800"


def _hours(seconds: object) -> Maybe[float]:
    """The hours of a number of seconds, which may be written as text; a default where none is."""
    if seconds is None or is_unknown(seconds):
        return _DEFAULT_H if seconds is None else seconds
    if seconds == "":
        return math.inf
    number = _SECONDS.fullmatch(str(seconds))
    return int(number[1]) / 3600 if number and int(number[1]) else None
