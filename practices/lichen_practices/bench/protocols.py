"""What is sent to an endpoint and what its answer means, for each kind of server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import msgspec

from lichen.document import InputError

Protocol = Literal["chat", "completions", "embeddings", "tei", "template"]
"""``chat`` and ``completions`` are OpenAI's, as vLLM, SGLang, llama.cpp, Ollama and TGI serve them;
``embeddings`` is OpenAI's too, ``tei`` is text-embeddings-inference's own."""

PATHS: Mapping[Protocol, str] = {
    "chat": "/v1/chat/completions",
    "completions": "/v1/completions",
    "embeddings": "/v1/embeddings",
    "tei": "/embed",
    "template": "",
}
STREAMS: frozenset[Protocol] = frozenset({"chat", "completions"})
PROMPT = "{prompt}"
"""What a template has where the prompt belongs."""


class Piece(NamedTuple):
    """What one event of a stream brought: whether it has text, and the tokens it reports."""

    has_text: bool = False
    input_tokens: int | None = None
    output_tokens: int | None = None
    error: str = ""


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """What every request of a measurement has in common.

    ``body`` is a template's JSON, with ``{prompt}`` where the prompt belongs. ``strict`` leaves out
    what only some servers know: that an answer goes on to its full length, and that a stream ends
    with the tokens it took.
    """

    protocol: Protocol
    served_model: str = ""
    output_tokens: int = 0
    strict: bool = False
    body: Any = None

    @property
    def streams(self) -> bool:
        return self.protocol in STREAMS

    def request(self, prompt: str, output_tokens: int | None = None) -> Any:
        """The JSON to send."""
        if self.protocol == "template":
            return _filled(self.body, prompt)
        if self.protocol == "tei":
            return {"inputs": prompt, "truncate": True}
        if self.protocol == "embeddings":
            return {"model": self.served_model, "input": prompt}
        answer: dict[str, Any] = {
            "model": self.served_model,
            "max_tokens": output_tokens or self.output_tokens,
            "stream": True,
            "temperature": 0,
        }
        if self.protocol == "chat":
            answer["messages"] = [{"role": "user", "content": prompt}]
        else:
            answer["prompt"] = prompt
        if not self.strict:
            answer["ignore_eos"] = True
            answer["stream_options"] = {"include_usage": True}
        return answer


def _filled(body: Any, prompt: str) -> Any:
    if isinstance(body, str):
        return body.replace(PROMPT, prompt)
    if isinstance(body, dict):
        return {key: _filled(value, prompt) for key, value in body.items()}
    if isinstance(body, list):
        return [_filled(value, prompt) for value in body]
    return body


def read_template(text: str) -> Any:
    """A template's JSON; :class:`InputError` where it is none, or has no place for the prompt."""
    try:
        body = json.loads(text)
    except (ValueError, RecursionError):
        raise InputError("is not JSON", fix="write the request's body as JSON") from None
    if PROMPT not in json.dumps(body):
        raise InputError(
            f"has no {PROMPT}", fix=f"write {PROMPT} where the prompt of a request belongs"
        )
    return body


def read_event(data: str) -> Piece | None:
    """The piece in a stream's event; None where it is unreadable.

    ``data`` is what comes after ``data:``. The end of a stream is a piece of nothing.
    """
    if data == "[DONE]":
        return Piece()
    try:
        event = json.loads(data)
    except (ValueError, RecursionError):
        return None
    if not isinstance(event, dict):
        return None
    if event.get("error"):
        return Piece(error="the server reported an error in the stream")
    read_in, read_out = _usage(event)
    choices = event.get("choices")
    has_text = isinstance(choices, list) and any(map(_has_text, choices))
    return Piece(has_text, read_in, read_out)


def _has_text(choice: object) -> bool:
    if not isinstance(choice, dict):
        return False
    delta = choice.get("delta")
    words = [choice.get("text")]
    if isinstance(delta, dict):
        words += [delta.get(key) for key in ("content", "reasoning_content", "reasoning")]
    return any(isinstance(word, str) and word for word in words)


def usage_of(body: object) -> tuple[int | None, int | None]:
    """Input and output tokens that a whole answer reports; None where it does not."""
    return _usage(body) if isinstance(body, dict) else (None, None)


def _usage(document: Mapping[str, Any]) -> tuple[int | None, int | None]:
    usage = document.get("usage")
    if not isinstance(usage, dict):
        return None, None
    counts = (usage.get("prompt_tokens"), usage.get("completion_tokens"))
    read_in, read_out = (
        count if isinstance(count, int) and not isinstance(count, bool) and count >= 0 else None
        for count in counts
    )
    return read_in, read_out
