"""A Pulumi program run without an engine: on request only, since it runs.

The program runs in a process of its own, by its own Python, against a monitor that only keeps what
it registers (:mod:`lichen_doors.program.recording`). What comes of it is read as a preview. No
provider, no state and no account is asked, so what a provider would look up is not known.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
from lichen_policies.dialects import read
from lichen_policies.dialects.folders import FolderReading, each_once
from lichen_policies.dialects.pulumi_values import BLINDED

from lichen.document import InputError, convert, read_document

LIMIT_S = 300
"""Seconds that a program may run."""

_PREVIEW = "run pulumi preview --json --show-sames > preview.json, and check that file"


class Runtime(msgspec.Struct, frozen=True):
    """What runs a program."""

    name: str
    options: dict[str, Any] = {}


class Project(msgspec.Struct, frozen=True, rename="camel"):
    """A ``Pulumi.yaml``, as far as it says how the program runs."""

    name: str
    runtime: str | Runtime
    main: str = "."
    stack_config_dir: str = "."
    config: dict[str, Any] = {}


class StackFile(msgspec.Struct, frozen=True):
    """A ``Pulumi.NAME.yaml``."""

    config: dict[str, Any] = {}


def read_programs(
    folders: Sequence[Path], stack: str | None, say: Callable[[str], object]
) -> FolderReading:
    """The resources of programs, each in a folder with a ``Pulumi.yaml``, which is run once however
    often it is named; ``say`` is called with a sentence before one runs.

    :class:`InputError` where there is no program, nothing here can run it, or it fails.
    """
    found = []
    for folder in each_once(folders):
        try:
            found += _read(folder, stack, say)
        except InputError as error:
            raise error.within(str(folder)) from None
    return FolderReading(resources=tuple(found))


def _read(folder: Path, stack: str | None, say: Callable[[str], object]) -> list[Any]:
    file = folder / "Pulumi.yaml"
    if not file.is_file():
        raise InputError("has no Pulumi.yaml", fix="name the folder of a Pulumi program")
    project = convert(read_document(file), Project)
    runtime = project.runtime if isinstance(project.runtime, Runtime) else Runtime(project.runtime)
    if runtime.name != "python":
        raise InputError(
            f"is a program for {runtime.name}, and only Python is run here", fix=_PREVIEW
        )
    name = stack or _only_stack(folder / project.stack_config_dir)
    settings, secret = _config(project, folder / project.stack_config_dir, name)
    say(
        f"Running the program in {folder} for the stack {name}, without an engine: its code runs "
        "here, with your rights"
    )
    answer = _run(
        _python(folder, runtime),
        {
            "folder": str((folder / project.main).resolve()),
            "root": str(_root(folder)),
            "project": project.name,
            "stack": name,
            "config": settings,
            "secret": secret,
            "shown": {key: value for key, value in settings.items() if key not in secret},
        },
    )
    if "failed" in answer:
        place = f" in {answer['place']}" if answer["place"] else ""
        raise InputError(
            f"the program ends with {answer['failed']}{place}",
            fix="correct it, or give it --stack; where it needs what a provider looks up, "
            + _PREVIEW,
        )
    return read(file, "pulumi-preview", text=json.dumps(answer))


def _root(folder: Path) -> Path:
    """Where the names of a program's files begin: where the user is, if that is above it."""
    here = Path.cwd()
    return here if folder.resolve().is_relative_to(here) else folder.resolve()


def _only_stack(folder: Path) -> str:
    """The one stack that has a file: its name may say which environment it is."""
    names = [path.name.split(".")[1] for path in sorted(folder.glob("Pulumi.*.yaml"))]
    if len(names) > 1:
        raise InputError(f"has the stacks {', '.join(names)}", fix="name one by --stack")
    if not names:
        raise InputError("no stack has a file Pulumi.NAME.yaml here", fix="name one by --stack")
    return names[0]


def _config(project: Project, folder: Path, stack: str) -> tuple[dict[str, str], list[str]]:
    """The settings of a stack over the project's, as the program reads them, and the names of those
    that are secret: these are encrypted, so the program gets a word in their place."""
    file = folder / f"Pulumi.{stack}.yaml"
    own = convert(read_document(file) or {}, StackFile).config if file.is_file() else {}
    settings, secret = {}, []
    for key, value in (*_defaults(project.config), *own.items()):
        full = key if ":" in key else f"{project.name}:{key}"
        if isinstance(value, Mapping) and "secure" in value:
            secret.append(full)
            value = BLINDED
        settings[full] = value if isinstance(value, str) else json.dumps(value)
    return settings, secret


def _defaults(config: Mapping[str, Any]) -> list[tuple[str, Any]]:
    """What a project sets for all of its stacks."""
    found = []
    for key, value in config.items():
        if not isinstance(value, Mapping):
            found.append((key, value))
        elif "value" in value or "default" in value:
            found.append((key, value.get("value", value.get("default"))))
    return found


def _python(folder: Path, runtime: Runtime) -> str:
    """The program's own Python, else the one that runs Lichen."""
    virtual = runtime.options.get("virtualenv")
    if isinstance(virtual, str):
        for own in (folder / virtual / "bin" / "python", folder / virtual / "Scripts/python.exe"):
            if own.is_file():
                return str(own.absolute())
    return sys.executable


def _run(python: str, asked: Mapping[str, Any]) -> dict[str, Any]:
    """What the program would make, or where it failed."""
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "answer.json"
        try:
            subprocess.run(
                [python, str(Path(__file__).with_name("recording.py")), str(answer)],
                input=json.dumps(asked),
                text=True,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,  # a program may print what is secret
                timeout=LIMIT_S,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise InputError(
                f"the program does not end in {LIMIT_S} s", fix=f"correct it, or {_PREVIEW}"
            ) from None
        if not answer.is_file():
            raise InputError(
                f"the program did not run by {python}",
                fix="install the packages that it needs there, pulumi among them",
            )
        found: dict[str, Any] = json.loads(answer.read_text(encoding="utf-8"))
        return found
