"""A tiny language model as a GGUF file: random weights, letters and bytes as its vocabulary.

It answers nonsense at the speed of its size, which is what a test of a server needs. The format is
documented with ggml (docs/gguf.md): a header, keys with typed values, tensors' shapes, and their
data, each aligned to 32 bytes.
"""

from __future__ import annotations

import random
import struct
from array import array
from pathlib import Path

WIDTH, LAYERS, HEADS, FEED_FORWARD, CONTEXT = 64, 2, 4, 128, 2048
ALIGNMENT = 32
UINT32, INT32, FLOAT32, STRING, ARRAY = 4, 5, 6, 8, 9
NORMAL, UNKNOWN, CONTROL, BYTE = 1, 2, 3, 6
F32 = 0

Tensor = tuple[str, tuple[int, ...]]


def write_model(path: Path) -> None:
    """Write the model; the same bytes each time."""
    tokens = ["<unk>", "<s>", "</s>", *(f"<0x{byte:02X}>" for byte in range(256)), "\u2581"]
    kinds = [UNKNOWN, CONTROL, CONTROL, *[BYTE] * 256, NORMAL]
    letters = "abcdefghijklmnopqrstuvwxyz0123456789"
    tokens += [*letters, *(f"\u2581{letter}" for letter in letters)]
    kinds += [NORMAL] * (2 * len(letters))
    keys = [
        _key("general.architecture", STRING, _string("llama")),
        _key("general.name", STRING, _string("tiny")),
        *(
            _key(f"llama.{name}", UINT32, struct.pack("<I", value))
            for name, value in (
                ("context_length", CONTEXT),
                ("embedding_length", WIDTH),
                ("block_count", LAYERS),
                ("feed_forward_length", FEED_FORWARD),
                ("attention.head_count", HEADS),
                ("attention.head_count_kv", HEADS),
                ("rope.dimension_count", WIDTH // HEADS),
            )
        ),
        _key("llama.attention.layer_norm_rms_epsilon", FLOAT32, struct.pack("<f", 1e-5)),
        _key("tokenizer.ggml.model", STRING, _string("llama")),
        _array("tokenizer.ggml.tokens", STRING, [_string(token) for token in tokens]),
        _array("tokenizer.ggml.scores", FLOAT32, [struct.pack("<f", 0.0)] * len(tokens)),
        _array("tokenizer.ggml.token_type", INT32, [struct.pack("<i", kind) for kind in kinds]),
        *(
            _key(f"tokenizer.ggml.{name}_token_id", UINT32, struct.pack("<I", number))
            for name, number in (("unknown", 0), ("bos", 1), ("eos", 2))
        ),
    ]
    tensors = _tensors(len(tokens))
    draw = random.Random(1)
    infos, data = b"", b""
    for name, shape in tensors:
        infos += _string(name) + struct.pack("<I", len(shape))
        infos += struct.pack(f"<{len(shape)}Q", *shape)
        infos += struct.pack("<IQ", F32, len(data))
        data += _padded(_weights(name, shape, draw).tobytes())
    header = b"GGUF" + struct.pack("<IQQ", 3, len(tensors), len(keys))
    path.write_bytes(_padded(header + b"".join(keys) + infos) + data)


def _tensors(vocabulary: int) -> list[Tensor]:
    square = (WIDTH, WIDTH)
    tensors: list[Tensor] = [("token_embd.weight", (WIDTH, vocabulary))]
    for layer in range(LAYERS):
        of_layer: dict[str, tuple[int, ...]] = {
            "attn_norm": (WIDTH,),
            "attn_q": square,
            "attn_k": square,
            "attn_v": square,
            "attn_output": square,
            "ffn_norm": (WIDTH,),
            "ffn_gate": (WIDTH, FEED_FORWARD),
            "ffn_up": (WIDTH, FEED_FORWARD),
            "ffn_down": (FEED_FORWARD, WIDTH),
        }
        tensors += [(f"blk.{layer}.{name}.weight", shape) for name, shape in of_layer.items()]
    return [*tensors, ("output_norm.weight", (WIDTH,)), ("output.weight", (WIDTH, vocabulary))]


def _weights(name: str, shape: tuple[int, ...], draw: random.Random) -> array[float]:
    if len(shape) == 1:
        return array("f", [1.0]) * shape[0]
    return array("f", (draw.gauss(0.0, 0.1) for _ in range(shape[0] * shape[1])))


def _string(text: str) -> bytes:
    data = text.encode()
    return struct.pack("<Q", len(data)) + data


def _key(name: str, kind: int, value: bytes) -> bytes:
    return _string(name) + struct.pack("<I", kind) + value


def _array(name: str, kind: int, values: list[bytes]) -> bytes:
    return _key(name, ARRAY, struct.pack("<IQ", kind, len(values)) + b"".join(values))


def _padded(data: bytes) -> bytes:
    return data + b"\0" * (-len(data) % ALIGNMENT)
