"""`python -m derive.token_estimate`: how many tokens a text has, where no tokenizer is at hand.

Eight real tokenizers (the vocabularies that llama.cpp's source carries, which `make llama` fetches)
count pieces of this repository: prose, code, tables and settings. The coefficients of
``lichen.prompt_tokens`` are a least-squares fit of their counts to what can be counted without one;
its interval is where 80 of 100 pieces lie, over all of the tokenizers. Bytes outside ASCII are
measured on strings of many scripts.
"""

from __future__ import annotations

import re
import statistics
import struct
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers

from lichen.prompt_tokens import features_of

ROOT = Path(__file__).parents[1]
SOURCE = ROOT / ".tools" / "llama"
NAMES = ("llama-bpe", "qwen2", "gpt-2", "deepseek-llm", "command-r", "falcon", "starcoder", "mpt")
PIECES = {
    "prose": ("docs/*.md", "README.md", "policies/lichen_policies/rules/*.py"),
    "code": ("lichen/**/*.py", "components/**/*.py"),
    "settings": ("stacks/workloads/*.yaml", "tests/placements/workloads/*.yaml"),
}
CHARACTERS = 4_000
MOST_PIECES = 60
_KINDS = {0: "<B", 1: "<b", 2: "<H", 3: "<h", 4: "<I", 5: "<i", 6: "<f", 7: "<?", 10: "<Q",
          11: "<q", 12: "<d"}  # fmt: skip
_STRING, _ARRAY = 8, 9
_OUTSIDE = re.compile(r"[^\x00-\x7f]+")
LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+"
)
"""How the tokenizers of Llama 3 and of Qwen cut a text before they merge; GPT-2's has its own."""


def main() -> None:
    """Print the coefficients, and the interval of an estimate over a real count."""
    texts = [text for name in PIECES for text in _texts(name)]
    tokenizers = dict(_tokenizers())
    counts = {
        name: [len(one.encode(text).ids) for text in texts] for name, one in tokenizers.items()
    }
    features = numpy.array([features_of(text)[:-1] for text in texts], dtype=float)
    mean = numpy.array([statistics.fmean(column) for column in zip(*counts.values(), strict=True)])
    # Each piece counts alike, however long: errors are relative.
    weights, *_ = numpy.linalg.lstsq(features / mean[:, None], numpy.ones(len(mean)), rcond=None)
    estimates = features @ weights
    print("coefficients:", ", ".join(f"{weight:.3f}" for weight in weights))
    ratios = sorted(
        count / estimate
        for column in counts.values()
        for count, estimate in zip(column, estimates, strict=True)
    )
    ends = [ratios[int(share * (len(ratios) - 1))] for share in (0.1, 0.5, 0.9)]
    print(f"real over estimated: {ends[0]:.2f}, {ends[1]:.2f}, {ends[2]:.2f}; {len(ratios)} counts")
    foreign = "".join(_OUTSIDE.findall(_strings()))
    size = len(foreign.encode())
    bytes_ = sorted(len(one.encode(foreign).ids) / size for one in tokenizers.values())
    print("tokens of a byte outside ASCII:", ", ".join(f"{share:.2f}" for share in bytes_))
    for name, column in counts.items():
        of_one = [count / estimate for count, estimate in zip(column, estimates, strict=True)]
        print(f"  {name}: {statistics.median(of_one):.2f}")


def _texts(kind: str) -> Iterator[str]:
    files = [file for pattern in PIECES[kind] for file in sorted(ROOT.glob(pattern))]
    pieces = []
    for file in files:
        text = file.read_text(encoding="utf-8")
        pieces += [text[at : at + CHARACTERS] for at in range(0, len(text), CHARACTERS)]
    whole = [piece for piece in pieces if len(piece) > CHARACTERS // 4 and piece.isascii()]
    yield from whole[:: max(1, len(whole) // MOST_PIECES)][:MOST_PIECES]


def _strings() -> str:
    """Strings in many scripts, by which llama.cpp tests its tokenizers."""
    with tarfile.open(next(SOURCE.glob("llama_cpp_python-*.tar.gz"))) as opened:
        for member in opened:
            if member.name.endswith("ggml-vocab-llama-bpe.gguf.inp"):
                file = opened.extractfile(member)
                return "" if file is None else file.read().decode("utf-8", "replace")
    return ""


def _tokenizers() -> Iterator[tuple[str, Tokenizer]]:
    archive = next(SOURCE.glob("llama_cpp_python-*.tar.gz"))
    with tarfile.open(archive) as opened:
        for member in opened:
            name = Path(member.name).name.removeprefix("ggml-vocab-").removesuffix(".gguf")
            if "/models/ggml-vocab-" not in member.name or name not in NAMES:
                continue
            file = opened.extractfile(member)
            if file is not None and member.name.endswith(".gguf"):
                keys = dict(_keys(file.read()))
                yield name, _tokenizer(name, keys)


def _tokenizer(name: str, keys: dict[str, Any]) -> Tokenizer:
    vocabulary = {token: index for index, token in enumerate(keys["tokenizer.ggml.tokens"])}
    merges = [tuple(pair.split(" ", 1)) for pair in keys["tokenizer.ggml.merges"]]
    one = Tokenizer(models.BPE(vocab=vocabulary, merges=merges, ignore_merges=True))
    if name in ("llama-bpe", "qwen2"):
        one.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Split(Regex(LLAMA3), "isolated"),
                pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
            ]
        )
    else:
        one.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    one.decoder = decoders.ByteLevel()
    return one


def _keys(data: bytes) -> Iterator[tuple[str, Any]]:
    """The keys of a GGUF file with their values."""
    count = struct.unpack_from("<Q", data, 16)[0]
    at = 24
    for _ in range(count):
        name, at = _text(data, at)
        kind = struct.unpack_from("<I", data, at)[0]
        value, at = _value(data, at + 4, kind)
        yield name, value


def _value(data: bytes, at: int, kind: int) -> tuple[Any, int]:
    if kind == _STRING:
        return _text(data, at)
    if kind != _ARRAY:
        form = _KINDS[kind]
        return struct.unpack_from(form, data, at)[0], at + struct.calcsize(form)
    inner, length = struct.unpack_from("<IQ", data, at)
    at += 12
    values = []
    for _ in range(length):
        value, at = _value(data, at, inner)
        values.append(value)
    return values, at


def _text(data: bytes, at: int) -> tuple[str, int]:
    length = struct.unpack_from("<Q", data, at)[0]
    return data[at + 8 : at + 8 + length].decode("utf-8", "replace"), at + 8 + length


if __name__ == "__main__":
    main()
