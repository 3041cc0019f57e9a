"""The size that a model's name says, and the settings that name a model."""

from __future__ import annotations

import pytest
from lichen_policies.facts import ServingContainer
from lichen_policies.named_model import parameters_in
from lichen_policies.served import model_setting

NAMES = {
    "someone/chat-7B-Instruct": 7e9,
    "qwen2.5:0.5b": 0.5e9,
    "mix-8x7B-v0.1": 56e9,
    "scout-17B-16E-Instruct": 272e9,
    "thirty-30B-A3B": 30e9,
    "bloom-7b1": 7.1e9,
    "pythia-160m-deduped": 160e6,
    "long-14B-Instruct-1M": 14e9,
    "/models/chat-4b-it-Q4_K_M.gguf": 4e9,
    "distil-70b-to-8b": 70e9,
    "small-A13B": None,
    "tiny-E4B-it": None,
    "chat-8bit": None,
    "for-h100-80gb": None,
    "s3://team-1b/models/chat": None,
    "deepseek-r1": None,
}


@pytest.mark.parametrize(("name", "parameters"), NAMES.items(), ids=list(NAMES))
def test_a_name_says_how_large_a_model_is(name: str, parameters: float | None) -> None:
    assert parameters_in(name) == parameters


LINES = {
    "vllm serve org/chat-8b --port 80": "org/chat-8b",
    "python3 -m vllm.entrypoints.openai.api_server --model org/chat-8b": "org/chat-8b",
    "text-generation-launcher --model-id=org/chat-8b": "org/chat-8b",
    "python -m sglang.launch_server --model-path org/chat-8b": "org/chat-8b",
    "/bin/ollama run chat:8b": "chat:8b",
    "sh -c ollama serve & ollama pull chat:8b; wait": "chat:8b",
    "llama-server -m /models/chat-8b.gguf": "/models/chat-8b.gguf",
    "python -m server": None,
    "vllm serve --config /etc/chat.yaml": None,
}


@pytest.mark.parametrize(("line", "model"), LINES.items(), ids=list(LINES))
def test_a_command_line_names_its_model(line: str, model: str | None) -> None:
    fact = ServingContainer(arguments=tuple(line.split()), starts_otherwise=True)
    found = model_setting(fact)
    assert (found.value if found else None) == model


@pytest.mark.parametrize(
    ("image", "model"), [("vllm/vllm-openai:v0.11.0", "org/chat-8b"), ("team/batch:1", None)]
)
def test_the_first_argument_of_an_image_that_starts_vllm_is_the_model(
    image: str, model: str | None
) -> None:
    found = model_setting(ServingContainer(image=image, arguments=("org/chat-8b", "--port=80")))
    assert (found.value if found else None) == model
