"""What this machine computes with, by the names that the catalogue knows."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from lichen.catalogue import Catalogue
from lichen.sizing.coefficients import knowledge
from lichen_practices.bench.nvml import gpus

CPUINFO = Path("/proc/cpuinfo")


class ThisMachine(NamedTuple):
    """A chip, by its maker's name or the catalogue's, and how many: of a processor, its cores."""

    chip: str
    chips: float
    is_known: bool


def this_machine(catalogue: Catalogue, cpuinfo: Path = CPUINFO) -> ThisMachine | None:
    """This machine's GPUs or, where it has none, its processor; None where it shows neither.

    GPUs of several names together are no chip that the catalogue knows.
    """
    graphics = gpus()
    if not isinstance(graphics, str):
        names = graphics.names
        return _known(" and ".join(sorted(set(names))), float(len(names)), catalogue)
    return _processor(catalogue, cpuinfo)


def _known(name: str, count: float, catalogue: Catalogue) -> ThisMachine:
    chip = knowledge(catalogue).chips.get(name)
    return ThisMachine(name if chip is None else chip.name, count, chip is not None)


def _processor(catalogue: Catalogue, cpuinfo: Path) -> ThisMachine | None:
    try:
        lines = cpuinfo.read_text(encoding="utf-8").splitlines()
    except OSError:
        return None
    pairs = [
        (key.strip(), value.strip()) for key, _, value in (line.partition(":") for line in lines)
    ]
    name = next((value for key, value in pairs if key == "model name"), "")
    # Threads of one core share its arithmetic: a core counts once.
    package = [value for key, value in pairs if key == "physical id"]
    core = [value for key, value in pairs if key == "core id"]
    threads = sum(key == "processor" for key, _ in pairs)
    cores = len(set(zip(package, core, strict=False))) or threads
    plain = name.split(" @ ")[0].replace("(R)", "").replace("(TM)", "").replace("CPU ", "").strip()
    for each in (name, plain):
        found = _known(each, float(cores), catalogue)
        if found.is_known:
            return found
    return ThisMachine(name, float(cores), False) if name else None
