"""A real llama.cpp, built once into `.tools/`, and a tiny model for it made on the spot."""

from pathlib import Path

TOOLS = Path(__file__).resolve().parents[2] / ".tools" / "llama"
SERVER = TOOLS / "llama-server"
BENCH = TOOLS / "llama-bench"
