"""Every command that writes a file writes it whole or not at all; devices and pipes are written."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
import yaml
from lichen_doors.command import main
from lichen_doors.command.options import FILE

from lichen.whole_file import write_whole
from tests.practices.bench.server import Server, serving
from tests.practices.test_clusters import POOL

ROOT = Path(__file__).parents[2]
CHAT = ROOT / "stacks" / "workloads" / "chat.yaml"
OLD = "the older file\n"
MOST_BYTES = 40
"""Of a file that a command may write here, before the disk is as if it were full."""

TEMPLATE = """\
Resources:
  Chat:
    Type: AWS::SageMaker::EndpointConfig
    Properties:
      ProductionVariants:
        - {VariantName: all, InstanceType: ml.p5.48xlarge, InitialInstanceCount: 4}
      Tags:
        - {Key: "lichen:model", Value: meta-llama/Llama-3.1-8B}
        - {Key: "lichen:precision", Value: bf16}
        - {Key: "lichen:peak-rps", Value: "1"}
        - {Key: "lichen:input-tokens", Value: "512"}
        - {Key: "lichen:output-tokens", Value: "128"}
"""
CASES = "row_id,model,metric,unit\n" + "a,meta-llama/Llama-3.1-8B,first token,ms\n" * 9
STATE = {
    "version": 3,
    "deployment": {
        "resources": [
            {
                "urn": "urn:pulumi:prod::chat::aws:ec2/instance:Instance::chat",
                "type": "aws:ec2/instance:Instance",
                "inputs": {"instanceType": "g5.xlarge"},
            }
        ]
    },
}
WRITERS = {
    ("init", "--output"): "init --model meta-llama/Llama-3.1-8B --peak-rps 1 --mean-rps 1 "
    "--input-tokens 9 --output-tokens 9 --environment dev --force --output FILE",
    ("place", "--record"): f"place {CHAT} --record FILE",
    ("size", "--output"): "size --cases cases.csv --output FILE",
    ("bench", "--output"): "bench SERVER --model tiny --precision bf16 --machine g5.xlarge "
    "--closed 1 --seconds 0.3 --warm-up 0 --requests 2 --output FILE",
    ("check", "--output"): "check template.yaml --output FILE",
    ("check", "--report"): "check template.yaml --report sarif=FILE",
    ("check", "--record"): "check template.yaml --record FILE",
    ("check", "--fix"): "check FILE --fix --yes",
    ("watch", "--output"): "watch state.json --output FILE",
    ("watch", "--prometheus"): "watch state.json --prometheus FILE",
    ("scorecard", "--output"): "scorecard state.json --output FILE",
    ("karpenter ceilings", "--output"): "karpenter ceilings pool.yaml --region ap-south-1 "
    "--share high=50 --output FILE",
    ("karpenter overlays", "--output"): "karpenter overlays --region ap-south-1 "
    "--carbon-price 99 --output FILE",
    ("pack", "--file"): "pack --file FILE",
}
"""What writes each file that an option names."""
ENDINGS = {"init": ".yaml", "check --fix": ".yaml", "pack": ""}


def commands(group: click.Group, name: str = "") -> Iterator[tuple[str, click.Command]]:
    """Every command, by its words."""
    for each in group.list_commands(click.Context(group)):
        command = group.get_command(click.Context(group), each)
        if isinstance(command, click.Group):
            yield from commands(command, f"{name} {each}")
        elif command is not None:
            yield f"{name} {each}".strip(), command


def test_every_option_that_names_a_file_to_write_is_here() -> None:
    found = {
        (name, option.opts[0])
        for name, command in commands(main)
        for option in command.params
        if option.type is FILE or option.opts[0] in ("--report", "--record", "--file", "--fix")
    }
    assert found - {("prompts", "--tokenizer")} == WRITERS.keys()


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "template.yaml").write_text(TEMPLATE)
    (tmp_path / "cases.csv").write_text(CASES)
    (tmp_path / "state.json").write_text(json.dumps(STATE))
    (tmp_path / "pool.yaml").write_text(yaml.safe_dump(POOL))
    with serving(Server()) as server:
        (tmp_path / "server").write_text(server.url)
        yield tmp_path


def run(words: str, folder: Path, most: int = resource.RLIM_INFINITY) -> tuple[int, str]:
    """A command as a process that may write ``most`` bytes into each file; what it said."""
    done = subprocess.run(
        [sys.executable, "-m", "lichen_doors", *words.split()],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=120,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (most, most)),
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize("writer", WRITERS, ids=" ".join)
def test_a_file_that_cannot_be_whole_is_left_as_it_was(
    writer: tuple[str, str], folder: Path
) -> None:
    ending = ENDINGS.get(writer[0], ENDINGS.get(" ".join(writer), ".json"))
    file = folder / f"written{ending}"
    words = WRITERS[writer].replace("FILE", str(file))
    words = words.replace("SERVER", (folder / "server").read_text())
    if writer == ("check", "--fix"):
        file.write_text(TEMPLATE)
    else:  # some write over nothing but what they wrote
        code, said = run(words, folder)
        assert code in (0, 1), said
    old, names = file.read_text(), set(os.listdir(folder))
    assert len(old) > MOST_BYTES
    code, said = run(words, folder, MOST_BYTES)
    assert (code, "cannot be written" in said) == (2, True), said
    assert file.read_text() == old
    assert set(os.listdir(folder)) == names


def test_devices_pipes_and_links_are_written(folder: Path) -> None:
    check = "check template.yaml --format json --output"
    assert run(f"{check} /dev/null", folder)[0] == 1
    code, said = run(f"{check} /dev/stdout", folder)
    assert code == 1
    assert json.loads(said[: said.rindex("}") + 1])["findings"]
    command = f"{sys.executable} -m lichen_doors {check}"
    for shell in (f"{command} >(cat > through.json); sleep 1", f"{command} /dev/stdout > to.json"):
        subprocess.run(["bash", "-c", shell], cwd=folder, check=False, timeout=60)
    assert json.loads((folder / "through.json").read_text())["findings"]
    assert json.loads((folder / "to.json").read_text())["findings"]
    (folder / "link.json").symlink_to("to.json")
    (folder / "to.json").write_text(OLD)
    (folder / "to.json").chmod(0o600)
    run(f"{check} link.json", folder)
    assert (folder / "link.json").is_symlink()
    assert json.loads((folder / "to.json").read_text())["findings"]
    assert (folder / "to.json").stat().st_mode & 0o777 == 0o600


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(IsADirectoryError):
        write_whole(tmp_path, "text")
