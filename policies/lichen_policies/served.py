"""What a container serves, as its settings and its command line say.

Sources: vLLM documentation, "Engine arguments" (an argument's words may be joined by underscores
too); AWS Deep Learning Containers, "vLLM for SageMaker"
(``SM_VLLM_`` before an argument's name); Large Model Inference documentation, "Configurations"
(``OPTION_`` before a property's name); Text Generation Inference documentation, "Launcher
arguments"; SGLang documentation, "Server arguments".
"""

from __future__ import annotations

import re
from itertools import chain, pairwise
from typing import NamedTuple

import msgspec

from lichen_policies.facts import NotYetKnown, ServingContainer, Unverified, is_unknown
from lichen_policies.facts.image import image_name
from lichen_policies.facts.numbers import whole_in
from lichen_policies.facts.placeholders import (
    FILLED_IN_LATER,
    has_placeholder,
    is_open_word,
    stands_for_arguments,
)
from lichen_policies.facts.server_settings import OF_VLLM, is_of_vllm
from lichen_policies.facts.unknown import AFTER_DEPLOYMENT
from lichen_policies.rule import Known, NotApplicable


class Server(msgspec.Struct, frozen=True):
    """The names of one server's settings, environment variables first.

    ``longest`` is the longest sequence; each of ``parallel`` a number of accelerators, all of which
    multiply to what the server uses; ``copies`` are those of them that start further copies of the
    model. One that ``uses_one`` accelerator does so where none of them is stated, by its
    documentation. One of ``marks`` among the settings, of ``repositories`` as the image, or of
    ``commands`` in the command line shows that it is this server; repositories are regular
    expressions. An image that ``needs_model`` shows it only where a setting names the
    model: others have their settings in a file beside the weights.
    """

    longest: tuple[str, ...]
    precision: tuple[str, ...]
    parallel: tuple[tuple[str, ...], ...]
    marks: tuple[str, ...]
    repositories: tuple[str, ...]
    commands: tuple[str, ...] = ()
    needs_model: bool = False
    uses_one: bool = False
    copies: tuple[str, ...] = ()


SERVERS = {
    "vLLM": Server(
        ("SM_VLLM_MAX_MODEL_LEN", "VLLM_MAX_MODEL_LEN", "--max-model-len"),
        ("SM_VLLM_DTYPE", "VLLM_DTYPE", "--dtype"),
        (
            ("SM_VLLM_TENSOR_PARALLEL_SIZE", "--tensor-parallel-size", "-tp"),
            ("SM_VLLM_PIPELINE_PARALLEL_SIZE", "--pipeline-parallel-size", "-pp"),
            ("SM_VLLM_DATA_PARALLEL_SIZE", "--data-parallel-size", "-dp"),
        ),
        ("SM_VLLM_MODEL", *OF_VLLM),
        (r"vllm(-openai(-\w+)?|-tpu|-gaudi|-hpu|-rocm|-cpu(-\w+)?)?",),
        ("vllm serve", "vllm.entrypoints.openai.api_server", "vllm.entrypoints.api_server"),
        uses_one=True,
        copies=("SM_VLLM_DATA_PARALLEL_SIZE", "--data-parallel-size", "-dp"),
    ),
    "Large Model Inference": Server(
        ("OPTION_MAX_MODEL_LEN",),
        ("OPTION_DTYPE",),
        (),
        ("OPTION_ROLLING_BATCH", "OPTION_MODEL_ID"),
        ("djl-inference",),
        needs_model=True,
    ),
    "Text Generation Inference": Server(
        ("MAX_TOTAL_TOKENS", "--max-total-tokens"),
        ("DTYPE", "--dtype"),
        (("NUM_SHARD", "SM_NUM_GPUS", "--num-shard"),),
        ("SM_NUM_GPUS", "MAX_INPUT_TOKENS", "MAX_BATCH_PREFILL_TOKENS"),
        (
            r"(huggingface-)?text-generation-inference[\w.-]*",
            r"huggingface-pytorch-tgi-inference",
        ),
        ("text-generation-launcher",),
    ),
    "SGLang": Server(
        ("SM_SGLANG_CONTEXT_LENGTH", "--context-length"),
        ("SM_SGLANG_DTYPE", "--dtype"),
        (
            ("SM_SGLANG_TP_SIZE", "--tp-size", "--tensor-parallel-size", "--tp"),
            ("SM_SGLANG_DP_SIZE", "--dp-size", "--data-parallel-size", "--dp"),
            ("SM_SGLANG_PP_SIZE", "--pp-size", "--pipeline-parallel-size"),
        ),
        ("SM_SGLANG_MODEL_PATH",),
        ("sglang",),
        ("sglang.launch_server", "sglang serve"),
        uses_one=True,
        copies=("SM_SGLANG_DP_SIZE", "--dp-size", "--data-parallel-size", "--dp"),
    ),
}
"""Servers of language models, by the names that people know them by."""

_MODELS = (
    "SM_VLLM_MODEL",
    "SM_SGLANG_MODEL_PATH",
    "OPTION_MODEL_ID",
    "HF_MODEL_ID",
    "MODEL_ID",
    "LLAMA_ARG_HF_REPO",
    "LLAMA_ARG_MODEL",
    "LLAMA_ARG_MODEL_URL",
    "OLLAMA_MODEL",
    "--model",
    "--model-id",
    "--model-path",
    "--hf-repo",
    "--model-url",
)
"""A server's own setting goes before one that several servers read."""

_FOLLOWED_BY_MODEL = re.compile(
    r"(?:^|[\s/])(?:vllm\s+serve|ollama\s+(?:run|pull)|trtllm-serve(?:\s+serve)?)\s+"
    r"(?P<model>[^\s-][^\s;&|]*)"
)
_STARTED = re.compile(
    "|".join(re.escape(each) for server in SERVERS.values() for each in server.commands)
)
_ENDS = re.compile(r"\s(?:&&?|\|\|?|;|\d?>>?)(?:\s|$)")
"""What ends a command's own words in a line of a shell."""
_LLAMA_CPP = re.compile(r"(?:^|[\s/])(?:llama-server|llama\.cpp)(?:[\s:@]|$)")
_LLAMA_CPP_MODELS = ("-m", "-hf", "-hfr", "-mu")
"""Short names of arguments, which mean a model to llama.cpp alone."""


class Setting(NamedTuple):
    """A setting as it is written, and its path in the resource."""

    written: str
    path: str

    @property
    def value(self) -> str:
        """Its value. Raises :class:`Unverified` for a placeholder: a path's last part decides."""
        if has_placeholder(self.written.rstrip("/").rpartition("/")[2]):
            raise Unverified(f"{self.path} {FILLED_IN_LATER}")
        return self.written


def setting(fact: ServingContainer, *names: str) -> Setting | None:
    """The first of some settings that is given; None where none is.

    Raises :class:`Unverified` where the settings, or the value of one of these, are not known, and
    where it may be among what is filled in later in the command line.
    """
    found = _stated(fact, names)
    if found is not None:
        return found
    elsewhere = _all_of(fact)
    if elsewhere is not None and any(_is_read_from_environment(name, fact) for name in names):
        raise Unverified(f"{fact.settings_at or fact.path} takes all of {elsewhere}, not here")
    if any(name.startswith("-") for name in names) and _is_open(fact.arguments or ()):
        raise Unverified(f"{fact.arguments_at} has arguments that are filled in later")
    return None


def _stated(fact: ServingContainer, names: tuple[str, ...]) -> Setting | None:
    settings, arguments = fact.settings or {}, fact.arguments or ()
    for name in names:
        if name.startswith("-"):
            found = argument(name, arguments)
            if found is not None:
                return Setting(found, f"{fact.arguments_at} {name}")
        elif name in settings:
            value = settings[name]
            path = f"{fact.settings_at}.{name}"
            if is_unknown(value):
                error = NotYetKnown if value.because == AFTER_DEPLOYMENT else Unverified
                raise error(f"{path} {value.because}")
            return Setting(str(value), path)
    return None


def _is_open(arguments: tuple[str, ...]) -> bool:
    """Whether a part of a server's command line is filled in later that may be any arguments: a
    placeholder that is neither an argument's value nor the model, or says so by its own name."""
    line = " ".join(arguments)
    started = _STARTED.search(line)
    own = _ENDS.split(line[started.end() :] if started else line)[0].split()
    is_model = started is None or started[0].endswith("serve")
    for before, word in pairwise(("", *own)):
        is_value = before.startswith("-") and "=" not in before
        if is_open_word(word) and (stands_for_arguments(word) or not (is_value or is_model)):
            return True
        is_model = False
    return False


def _is_read_from_environment(name: str, fact: ServingContainer) -> bool:
    """Whether a container may have a setting as an environment variable: SageMaker's images alone
    read what begins with ``SM_``."""
    return not name.startswith("-" if fact.hosting == "sagemaker" else ("-", "SM_"))


def _all_of(fact: ServingContainer) -> str | None:
    """What a container takes all settings of and is not in the document: a ConfigMap, or a Secret,
    whose content is never read."""
    maps = (f"ConfigMap {name}" for own, name, _ in fact.set_by if not own)
    return next(chain(maps, (f"Secret {name}" for name in fact.secrets)), None)


def argument(name: str, arguments: tuple[str, ...]) -> str | None:
    """The value of an argument: ``--name value`` or ``--name=value``; its name may be cut short, as
    Python's argparse takes it (``--max-model`` for ``--max-model-len``), to two words at least."""
    for index, argument in enumerate(arguments):
        said, joined, value = argument.partition("=")
        said = said.replace("_", "-")
        if said != name and not (name.startswith(said) and _TWO_WORDS.match(said)):
            continue
        if joined:
            return value
        if index + 1 < len(arguments):
            return arguments[index + 1]
    return None


_TWO_WORDS = re.compile(r"--\w+-\w")


def _starts(command: str, line: str) -> bool:
    return re.search(rf"(?:^|[\s/]){re.escape(command)}(?:\s|$)", line) is not None


def server_of(fact: ServingContainer) -> str | None:
    """Which server of language models a container runs; None where nothing shows one.

    Raises :class:`Unverified` where its command line is not known.
    """
    line = " ".join(fact.arguments or ())
    for name, server in SERVERS.items():
        if any(
            re.search(rf"(?:^|[\s/]){re.escape(each)}(?:\s|$)", line) for each in server.commands
        ):
            return name
    if fact.starts_otherwise:
        return None  # a client, a benchmark, or a script that nobody can see into
    image = fact.if_known.image
    repository = image_name(image).repository if image else ""
    for name, server in SERVERS.items():
        if any(re.fullmatch(pattern, repository) for pattern in server.repositories) and (
            not server.needs_model or model_setting(fact) is not None
        ):
            return name
    settings = fact.settings or {}
    for name, server in SERVERS.items():
        if any(mark in settings for mark in server.marks):
            return name
    return "vLLM" if is_of_vllm((), fact.arguments or ()) else None


def model_setting(fact: ServingContainer) -> Setting | None:
    """The setting that names the model, or the part of the command line that does; else what the
    resource gives to the container."""
    arguments = fact.arguments or ()
    line = " ".join(arguments)
    image = fact.if_known.image or ""
    short = _LLAMA_CPP_MODELS if _LLAMA_CPP.search(line) or _LLAMA_CPP.search(image) else ()
    found = setting(fact, *_MODELS, *short)
    if found is not None:
        return found
    if match := _FOLLOWED_BY_MODEL.search(line):
        return Setting(match["model"], fact.arguments_at)
    # vLLM's image starts "vllm serve" by itself, so its first argument may be the model.
    first = "-" if fact.starts_otherwise or not arguments else arguments[0]
    if first.startswith("-") or not any(
        re.fullmatch(pattern, image_name(image).repository)
        for pattern in SERVERS["vLLM"].repositories
    ):
        return None if fact.model is None else Setting(fact.model, fact.model_at)
    return Setting(first, fact.arguments_at)


class Used(NamedTuple):
    """How many accelerators a server uses, and the settings that say so."""

    chips: int
    stated: tuple[Setting, ...]


def chips_used(fact: ServingContainer) -> Used:
    """The accelerators that one server uses by its settings.

    Raises :class:`NotApplicable` where no setting states them, :class:`Unverified` where one is not
    known or is no number.
    """
    server = server_of(fact)
    stated = [setting(fact, *names) for names in SERVERS[server].parallel] if server else []
    found = tuple(each for each in stated if each is not None)
    if not found:
        raise NotApplicable("no setting says how many accelerators the server uses")
    chips = 1
    for each in found:
        number = whole_in(each.value)
        if number is None:
            raise Unverified(f"{each.path} is no number")
        chips *= number
    return Used(chips, found)


def takes_all_given(fact: ServingContainer) -> bool:
    """Whether a server takes as many accelerators as its container asks for, be they few or many:
    one placeholder or variable is at both places."""
    server, given = server_of(fact), fact.as_read("chips")
    if server is None or not is_unknown(given) or not given.written:
        return False
    stated = [_stated(fact, names) for names in SERVERS[server].parallel]
    return [each.written for each in stated if each is not None] == [given.written]


def longest_tokens(fact: ServingContainer) -> int | None:
    """The longest sequence that a server takes, in tokens; None where no setting says it."""
    server = server_of(fact)
    stated = setting(fact, *SERVERS[server].longest) if server else None
    return None if stated is None else whole_in(stated.value)


def copies_started(fact: ServingContainer) -> int:
    """How many copies of its model a server starts by its settings: one where none says.

    Raises :class:`Unverified` where one is not known or is no number.
    """
    server = server_of(fact)
    stated = setting(fact, *SERVERS[server].copies) if server else None
    number = 1 if stated is None else whole_in(stated.value)
    if number is None:
        raise Unverified(f"{stated.path if stated else server} is no number")
    return number


class GivenChips(NamedTuple):
    """The GPUs that a container has, and what they are."""

    chips: float
    name: str


def chips_given(fact: ServingContainer, known: Known) -> GivenChips:
    """The GPUs that the container asks for, else all of its machine's.

    Raises :class:`NotApplicable` where it has none or neither is named.
    """
    if fact.chips is not None:
        if any(word in (fact.chip or "").lower() for word in ("neuron", "inferentia", "tpu")):
            raise NotApplicable("its accelerators are no GPUs")
        return GivenChips(fact.chips, "GPUs")
    # SageMaker gives a container its whole machine, a cluster what its container asks for.
    if fact.machine is None or fact.hosting != "sagemaker":
        raise NotApplicable("neither its accelerators nor its machine is named here")
    machine = known.machine(fact.machine)
    chip = known.catalogue.accelerator_of(machine)
    if chip is None or chip.kind != "gpu":
        raise NotApplicable("it has no GPU")
    return GivenChips(machine.accelerators, f"{machine.accelerator} of {machine.name}")
