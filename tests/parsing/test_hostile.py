"""A hostile or malformed file is a sentence that names the place, at once, and quotes nothing."""

from __future__ import annotations

import datetime
import os
import threading
from pathlib import Path

import pytest

from lichen.document import InputError, read_document
from lichen.parsing.at import At
from lichen.parsing.yaml_text import from_yaml
from lichen.visible import visible

BOMB = "a0: &a0 {k: v}\n" + "".join(
    f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 10)}]}}\n" for n in range(1, 12)
)
LAUGHS = "a0: &a0 [x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 12)
)


@pytest.mark.parametrize(
    ("name", "text", "sentence"),
    [
        ("a.yaml", BOMB, "grows by more than 100,000 values through its aliases"),
        ("a.yaml", LAUGHS, "grows by more than 100,000 values through its aliases"),
        ("a.yaml", "a: &a [*a]", "holds itself: see the alias in line 1"),
        ("a.yaml", "x: y\na: *CANARY", "does not parse in line 2: an alias names no anchor"),
        ("a.yaml", "a: " + "[" * 100_000, "line 1: is nested too deeply to read"),
        ("a.json", '{"b": "[{",\n"a":' + '{"a":' * 100_000, "line 2: is nested too deeply to read"),
        ("a.json", "[" * 150 + "]" * 150, "is nested too deeply to read"),
        ("a.toml", "a = " + "[" * 100_000, "is nested too deeply to read"),
        ("a.yaml", "a: 1\nb: 2\na: 3", "a: is there twice, the second time in line 3"),
        ("a.json", '{"a": 1, "a": 2}', "a: is there twice"),
        ("a.json", '{"a": NaN}', "holds NaN, which is no number of JSON"),
        ("a.yaml", "a: .nan", "holds a number in line 1"),
        ("a.json", '{\n"a": ' + "9" * 5000 + "}", "holds a number in line 2"),
        ("a.yaml", "a: " + "9" * 5000, "holds a number in line 1"),
        ("a.yaml", "a: !!python/object:os.system CANARY", "has a tag in line 1 that is not read"),
        ("a.yaml", "[CANARY]: 1", "has a list or a mapping as a key in line 1"),
        ("a.yaml", "a: 1\n---\nb: 2", "holds 2 documents"),
        ("a.yaml", "a:\n  password: CANARY: x", "does not parse in line 2, column 19"),
        ("a.json", '{"password": "CANARY" "x"}', "does not parse in line 1, column 23"),
        ("a.toml", "a = 'CANARY", "does not parse: it is not TOML"),
        ("a.yaml", "a: 'CANARY\x07'", "holds a character that YAML does not allow"),
    ],
)
def test_a_document_that_cannot_be_used_is_refused(
    tmp_path: Path, name: str, text: str, sentence: str
) -> None:
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(InputError) as refused:
        read_document(path)
    assert sentence in str(refused.value)
    assert "CANARY" not in str(refused.value)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"PK\x03\x04", "is a zip archive, not a document"),
        (b"\x1f\x8b\x08", "is compressed by gzip, not a document"),
        (b"x" * 257 + b"ustar", "is a tar archive, not a document"),
        (b"a: b\nc: \xff\n", "is not UTF-8 text: byte 9, in line 2, does not belong"),
    ],
)
def test_what_is_no_text_is_refused(tmp_path: Path, content: bytes, sentence: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(content)
    with pytest.raises(InputError, match=sentence):
        read_document(path)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_every_encoding_that_a_shell_writes_is_read(tmp_path: Path, encoding: str) -> None:
    path = tmp_path / "a.json"
    path.write_bytes('{"name": "é"}'.encode(encoding))
    assert read_document(path) == {"name": "é"}


def test_a_pipe_is_read_when_something_writes(tmp_path: Path) -> None:
    pipe = tmp_path / "a.json"
    os.mkfifo(pipe)
    writer = threading.Thread(target=lambda: pipe.write_text('{"a": 1}'))
    writer.start()
    assert read_document(pipe) == {"a": 1}
    writer.join()


def test_a_pipe_that_nothing_writes_to_is_refused(tmp_path: Path) -> None:
    pipe = tmp_path / "a.json"
    os.mkfifo(pipe)
    with pytest.raises(InputError, match="is a pipe that nothing writes to"):
        read_document(pipe)


def test_folders_loops_and_endless_files_are_refused(tmp_path: Path) -> None:
    loop = tmp_path / "loop.yaml"
    loop.symlink_to(loop)
    endless = tmp_path / "endless.yaml"
    endless.symlink_to("/dev/zero")
    folder = tmp_path / "folder.yaml"
    folder.mkdir()
    for path, sentence in (
        (loop, "cannot be read"),
        (endless, "is larger than 16 MiB"),
        (folder, "cannot be read"),
    ):
        with pytest.raises(InputError, match=sentence):
            read_document(path)


def test_merge_keys_are_merged_and_what_is_written_has_the_last_word() -> None:
    (document,) = from_yaml(
        "base: &b {x: 1, y: 2}\nfirst: {<<: *b, y: 3}\nlist: {<<: [{x: 5}, *b]}\n"
    )
    assert document["first"] == {"x": 1, "y": 3}
    assert document["list"] == {"x": 5, "y": 2}


def test_values_are_those_that_people_mean() -> None:
    (document,) = from_yaml(
        "day: 2026-01-31\nno day: 2026-02-31\ncount: 3.2e9\nyes: on\nnull: ~\n2: 010\ntext: !!str 1"
    )
    assert document == {
        "day": datetime.date(2026, 1, 31),
        "no day": "2026-02-31",
        "count": 3.2e9,
        True: True,
        None: None,
        2: 8,
        "text": "1",
    }


def test_a_program_s_values_are_plain_and_know_their_line() -> None:
    (document,) = from_yaml(
        "a:\n  day: 2026-01-31\n  on: .inf\n  b: !Sub x\n  c: ''\n",
        typed=False,
        short_form=lambda tag, value: {tag: value},
    )
    assert document == {"a": {"day": "2026-01-31", "on": ".inf", "b": {"Sub": "x"}, "c": ""}}
    assert isinstance(document["a"], At)
    assert document["a"].line == 1


def test_nothing_moves_a_cursor_or_begins_a_line() -> None:
    assert visible("a\x1b[2K\r\n\u202e\ud800é") == r"a\x1b[2K\r\n\u202e\ud800é"
    assert str(InputError("'\x1b[2K' is wrong", document="a\nb")) == r"a\nb: '\x1b[2K' is wrong."
