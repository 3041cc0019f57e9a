"""Servers of models in containers, by what the containers of any cloud say of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import NamedTuple

from lichen_policies.facts.fact import Fact
from lichen_policies.facts.image import as_named, repository_of
from lichen_policies.facts.kinds import ServingContainer, StartedImage
from lichen_policies.facts.placeholders import as_variables
from lichen_policies.facts.properties import Properties, Stated
from lichen_policies.facts.server_settings import is_of_vllm
from lichen_policies.facts.unknown import Maybe, Unknown, field, is_unknown

_IMAGES = re.compile(
    r"""(?:^|/)(?:
        vllm(?:-(?:openai|tpu|gaudi|hpu|xpu|rocm|cuda|cpu|neuron|ascend|openvino|dev|nightly|runtime
          |server|serve|serving|inference|lws|release)(?:-[\w-]+)?)?
      | pytorch-vllm-serve | (?:huggingface-)?text-(?:generation|embeddings)-inference[\w.-]*
      | tritonserver | sglang | ollama | llama\.cpp | torchserve(?:-\w+)? | mlserver | lmdeploy
      | model_server | sax-model-server | tf-serving(?:-\w+)?
      | djl-(?:serving|inference) | nim | llm-nim | tensorflow/serving | localai | infinity
      | (?:huggingface-)?(?:pytorch|tensorflow)-(?:tgi-)?inference(?:-[\w-]+)?
      | (?:huggingface|sklearn|xgb|lgb|paddle|pmml)server
      | jetstream-(?:http|pytorch-server|pathways) | maxengine-server | tgi-tpu
    )(?:/|$)""",
    re.VERBOSE,
)
"""Images of servers of models, by their repositories' names."""

_BESIDE = re.compile(
    r"""(?:^|[-_./])(?:
        client | frontend | backend | (?:web-?)?ui | web | dashboard | gateway | router | proxy
      | mock | sim | simulator | exporter | operator | controller | scheduler | sidecar | adapter
      | bench | benchmark | benchmarks | optimizer | monitor | loadtest | tests? | cli
    )(?:$|[-_.])""",
    re.VERBOSE,
)
"""Words in the last name of an image that is beside a server, and serves no model itself."""

_MAY_SERVE = re.compile(r"(?:^|[/_-])vllm(?:$|[-_])|(?:^|/)triton$")
"""Images that say vLLM, or that are named triton alone, as a compiler is too: a server, a client of
one, or anything beside it."""

_COMMANDS = re.compile(
    r"""(?:^|[\s/])(?:
        vllm\s+serve | vllm\.entrypoints(?:\.openai)?\.api_server | text-generation-launcher
      | text-embeddings-router | sglang\.launch_server | sglang\s+serve | llama-server
      | tritonserver | trtllm-serve | ollama\s+serve | lmdeploy\s+serve | mlserver\s+start
      | tensorflow_model_server | torchserve
    )(?:\s|$)""",
    re.VERBOSE,
)
"""What starts a server of models, in a command line."""

_OTHERS = re.compile(
    r"""(?:^|[\s/])(?:
        sleep\s+(?:infinity|\d+) | tail\s+-f\s+/dev/null | genai-perf | perf_analyzer
      | vllm\s+bench | \S*benchmark_\w+(?:\.py)?
    )(?:\s|$)""",
    re.VERBOSE,
)
"""What measures a server or waits for a person, in a command line."""

_SHELL = re.compile(r"(?:^|/)(?:ba|da|z|k|a)?sh")
_LINE = re.compile(r"-[a-z]*c")
_VARIABLE = re.compile(r"\$(?:\((\w+)\)|\{(\w+)\}|(\w+))")

Line = Maybe[tuple[str, ...]]


def is_server(
    image: Maybe[str],
    line: Line,
    settings: Mapping[str, object] | None,
    *,
    replaced: bool,
    accelerated: Callable[[], bool],
) -> bool:
    """Whether a container plainly is a server of models: its command line starts one; or its image
    does, and it has an accelerator where the command line is another (``replaced``), as a client's
    is; or settings or arguments that vLLM alone reads are beside its accelerator, or vLLM in its
    image's name, or ``triton`` as that name. An image that names a client, a mock or a dashboard of
    a server is none without an accelerator."""
    words = line if isinstance(line, tuple) else ()
    text = " ".join(words)
    if _COMMANDS.search(text):
        return True
    if _OTHERS.search(text):
        return False
    repository = _path_of(image)
    if _BESIDE.search(repository.rpartition("/")[2]) and not accelerated():
        return False
    if not _IMAGES.search(repository):
        marked = is_of_vllm(settings, words) or _MAY_SERVE.search(repository)
        return not replaced and bool(marked) and accelerated()
    return not replaced or accelerated()


def _path_of(image: Maybe[str]) -> str:
    """An image's name without its tag, as far as it is known."""
    image = as_named(image)
    if isinstance(image, str):
        return re.sub(r"(?::[\w.-]+)?(?:@.*)?$", "", image)
    found = repository_of(image)
    return found if isinstance(found, str) else ""


def command_line(command: Line, args: Line, settings: Mapping[str, object]) -> Line:
    """A container's command line, its words apart where a shell takes them as one text, with its
    environment variables in place of their names as far as they are known."""
    if is_unknown(command) or is_unknown(args):
        return command if is_unknown(command) else args
    line = (*(command or ()), *(args or ()))
    if line and _SHELL.search(line[0]) and any(map(_LINE.fullmatch, line[1:3])):
        words = (word for text in line for word in as_variables(text).split() if word != "\\")
        line = tuple(word.strip("\"'") for word in words)
    if any("$" in word for word in line):
        line = filled_in(line, settings)
    return line or None


def filled_in(line: tuple[str, ...], known: Mapping[str, object]) -> tuple[str, ...]:
    """A command line with the values of settings in place of their names, as far as known."""

    def value(match: re.Match[str]) -> str:
        found = known.get(next(filter(None, match.groups())))
        return match[0] if found is None or is_unknown(found) else str(found)

    return tuple(_VARIABLE.sub(value, word) for word in line)


class DescribedContainer(NamedTuple):
    """A container of a service as its cloud describes it. ``command`` replaces what the image
    starts by itself, ``args`` goes behind it; ``chips`` is how many accelerators it asks for."""

    path: str
    image: Stated[str]
    command: Line
    args: Line
    args_at: str
    settings: Maybe[dict[str, object]]
    settings_at: str
    chip: Maybe[str] = None
    chips: Maybe[float] = None
    chips_at: str = ""
    architecture: Stated[str] = Stated(None, "")
    at_once: Stated[int] = Stated(None, "")


def settings_of(variables: Iterable[Properties]) -> dict[str, object]:
    """Environment variables that are written as names and values; what comes from elsewhere, such
    as a secret, is unknown."""
    found: dict[str, object] = {}
    for variable in variables:
        name = variable.text("name")
        if isinstance(name, str):
            value = variable.scalar("value")
            found[name] = (
                value if value is not None else ELSEWHERE if _is_elsewhere(variable) else ""
            )
    return found


def _is_elsewhere(variable: Properties) -> bool:
    """Whether a variable names where its value is: a secret, another resource."""
    return any(
        variable.given(name)
        for name in ("value_from", "value_source", "secret_ref", "secret_name", "secure_value")
    )


ELSEWHERE = Unknown("is set from elsewhere")


def started(container: DescribedContainer, *, hosting: str, serves: bool) -> Iterator[Fact]:
    """A ServingContainer of a container that plainly is a server of models, else a StartedImage of
    one that ``serves`` all the same."""
    image, settings = container.image, container.settings
    known = settings if isinstance(settings, dict) else {}
    line = command_line(container.command, container.args, known)
    if is_server(
        image.value,
        line,
        known,
        replaced=container.command is not None,
        accelerated=lambda: container.chips is not None,
    ):
        yield ServingContainer(
            path=container.path,
            image=field(as_named(image.value)),
            image_at=image.path,
            settings=field(settings),
            settings_at=container.settings_at,
            arguments=field(line),
            arguments_at=container.args_at,
            starts_otherwise=container.command is not None,
            architecture=field(container.architecture.value),
            architecture_at=container.architecture.path,
            chip=field(container.chip),
            chips=field(container.chips),
            chips_at=container.chips_at,
            hosting=hosting,
            at_once=field(container.at_once.value),
            at_once_at=container.at_once.path,
        )
    elif serves:
        yield StartedImage(
            path=image.path,
            image=field(image.value),
            image_at=image.path,
            architecture=field(container.architecture.value),
            architecture_at=container.architecture.path,
        )
