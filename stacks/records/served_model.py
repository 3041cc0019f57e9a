"""A PyTorch server of a model's shape with random weights, on loopback: what the examples measure.

The speed of an answer depends on a model's shape and precision, and not on the values of its
weights; so nothing is downloaded, and the answers mean nothing. measure.py starts it in an
environment that has torch, torchvision and transformers::

    python served_model.py llm|encoder|vision bf16|fp32 PORT

It serves one request at a time: OpenAI's completions as a stream, OpenAI's embeddings, and for
images ``POST /predict`` with the number of one as ``{"image": "..."}``.
"""

from __future__ import annotations

import json
import sys
import threading
import zlib
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import torch
import torchvision
from transformers import BertConfig, BertModel, LlamaConfig, LlamaForCausalLM

PRECISIONS = {"bf16": torch.bfloat16, "fp32": torch.float32}
ONE_AT_A_TIME = threading.Lock()

# Shapes as the catalogue has them: lichen/catalogue/published/models.csv.
LLAMA_3_1_8B = LlamaConfig(
    hidden_size=4096,
    intermediate_size=14336,
    num_hidden_layers=32,
    num_attention_heads=32,
    num_key_value_heads=8,
    vocab_size=128256,
    max_position_embeddings=8192,
)
BGE_SMALL = BertConfig(
    hidden_size=384,
    intermediate_size=1536,
    num_hidden_layers=12,
    num_attention_heads=12,
    vocab_size=30522,
    max_position_embeddings=512,
)


def tokens_of(text: str, vocabulary: int) -> torch.Tensor:
    """A token for each word, the same one each time."""
    return torch.tensor([[zlib.crc32(word.encode()) % vocabulary for word in text.split()]])


def made(make: Callable[[], torch.nn.Module], precision: str) -> Any:
    """A model with small random weights, written in place: a large one is never there twice."""
    with torch.device("meta"):
        model = make().to(PRECISIONS[precision])
    model = model.to_empty(device="cpu").eval()
    with torch.no_grad():
        for weights in model.parameters():
            weights.normal_(0.0, 0.02)
        for name, values in model.named_buffers():
            values.copy_(_buffer(name, values))
    return model


def _buffer(name: str, values: torch.Tensor) -> torch.Tensor:
    if name.endswith("inv_freq"):  # of rotary positions; any falling row of numbers costs as much
        return 1.0 / 10000.0 ** (torch.arange(len(values)) / len(values))
    if name.endswith("position_ids"):
        return torch.arange(values.numel()).reshape(values.shape)
    return torch.ones_like(values) if name.endswith("var") else torch.zeros_like(values)


class Llm:
    def __init__(self, precision: str) -> None:
        self.model = made(lambda: LlamaForCausalLM(LLAMA_3_1_8B), precision)

    def answer(self, prompt: str, count: int) -> Iterator[int]:
        """Greedy tokens, each when it is there."""
        tokens, past = tokens_of(prompt, LLAMA_3_1_8B.vocab_size), None
        for _ in range(count):
            out = self.model(tokens, past_key_values=past, use_cache=True, logits_to_keep=1)
            past, tokens = out.past_key_values, out.logits[:, -1:].argmax(-1)
            yield int(tokens)


class Encoder:
    def __init__(self, precision: str) -> None:
        self.model = made(lambda: BertModel(BGE_SMALL), precision)

    def vector(self, text: str) -> list[float]:
        """The first token's vector."""
        vector: list[float] = (
            self.model(tokens_of(text, BGE_SMALL.vocab_size))
            .last_hidden_state[0, 0]
            .float()
            .tolist()
        )
        return vector


class Vision:
    def __init__(self, precision: str) -> None:
        self.model = made(torchvision.models.resnet50, precision)
        self.precision = PRECISIONS[precision]

    def classes(self, image: str) -> int:
        """The most likely class of a made-up photograph of 224 x 224."""
        draw = torch.Generator().manual_seed(zlib.crc32(image.encode()))
        pixels = torch.rand(1, 3, 224, 224, generator=draw).to(self.precision)
        return int(self.model(pixels).argmax())


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    model: Llm | Encoder | Vision

    def do_GET(self) -> None:
        self._send({"status": "ok"})

    def do_POST(self) -> None:
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        model = self.model
        with ONE_AT_A_TIME, torch.inference_mode():
            if isinstance(model, Llm):
                self._stream(model, str(asked["prompt"]), int(asked["max_tokens"]))
            elif isinstance(model, Encoder):
                usage = {"prompt_tokens": len(asked["input"].split())}
                self._send({"data": [{"embedding": model.vector(asked["input"])}], "usage": usage})
            else:
                self._send({"class": model.classes(str(asked["image"]))})

    def _send(self, answer: object) -> None:
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _stream(self, model: Llm, prompt: str, count: int) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Connection", "close")
        self.end_headers()
        for token in model.answer(prompt, count):
            self._event({"choices": [{"text": f" {token}"}]})
        usage = {"prompt_tokens": len(prompt.split()), "completion_tokens": count}
        self._event({"choices": [], "usage": usage})
        self.wfile.write(b"data: [DONE]\n\n")
        self.close_connection = True

    def _event(self, event: object) -> None:
        self.wfile.write(b"data: " + json.dumps(event).encode() + b"\n\n")
        self.wfile.flush()

    def log_message(self, format: str, *args: object) -> None:
        """Nothing: the measurement has its own progress."""


def main() -> None:
    kind, precision, port = sys.argv[1:]
    Handler.model = {"llm": Llm, "encoder": Encoder, "vision": Vision}[kind](precision)
    ThreadingHTTPServer(("127.0.0.1", int(port)), Handler).serve_forever()


if __name__ == "__main__":
    main()
