"""`python -m sandbox.llama`: builds llama.cpp's server and its benchmark into `.tools/llama/`; exit
code 2 without.

Its source comes with the package llama-cpp-python, whose version and hash source.txt pins.
"""

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

from sandbox.llama import BENCH, SERVER, TOOLS

FOLDER = Path(__file__).resolve().parent
PROGRAMS = (SERVER, BENCH)
OPTIONS = (
    "-DCMAKE_BUILD_TYPE=Release",
    # It serves a model of a few layers: what counts is how long the compiler takes.
    "-DCMAKE_CXX_FLAGS_RELEASE=-O1 -DNDEBUG",
    "-DBUILD_SHARED_LIBS=OFF",
    "-DLLAMA_CURL=OFF",
    "-DLLAMA_BUILD_TESTS=OFF",
    "-DLLAMA_BUILD_EXAMPLES=OFF",
    "-DGGML_OPENMP=OFF",
    "-DGGML_LLAMAFILE=OFF",
)


def build() -> None:
    """Each of :data:`PROGRAMS`; half a build never has its name."""
    missing = [name for name in ("cmake", "c++") if shutil.which(name) is None]
    if missing:
        raise FileNotFoundError(f"{' and '.join(missing)} not on PATH: install the compiler")
    TOOLS.mkdir(parents=True, exist_ok=True)
    source = next(TOOLS.glob("llama_cpp_python-*/vendor/llama.cpp"), None)
    if source is None:
        run("python3", "-m", "pip", "download", "--quiet", "--no-deps", "--no-binary", ":all:",
            "--require-hashes", "--dest", str(TOOLS), "-r", str(FOLDER / "source.txt"))  # fmt: skip
        with tarfile.open(next(TOOLS.glob("llama_cpp_python-*.tar.gz"))) as archive:
            archive.extractall(TOOLS, filter="data")
        source = next(TOOLS.glob("llama_cpp_python-*/vendor/llama.cpp"))
    built = TOOLS / "build"
    run("cmake", "-S", str(source), "-B", str(built), *OPTIONS)
    names = [program.name for program in PROGRAMS]
    run("cmake", "--build", str(built), "--target", *names, "--parallel", jobs())
    for program in PROGRAMS:
        partial = program.with_suffix(".partial")
        shutil.copy2(built / "bin" / program.name, partial)
        partial.replace(program)
    shutil.rmtree(built)
    shutil.rmtree(source.parents[1])


def jobs() -> str:
    """Compilers at a time: as many as there are cores."""
    return str(os.cpu_count() or 1)


def run(*command: str) -> None:
    subprocess.run(command, check=True)


def main() -> int:
    if not all(program.is_file() for program in PROGRAMS):
        print("Building llama.cpp from its source, once: some 5 minutes on two cores.")
        try:
            build()
        except (OSError, subprocess.CalledProcessError) as error:
            print(error, file=sys.stderr)
            return 2
    print(*PROGRAMS, sep="\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
