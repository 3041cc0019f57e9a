"""`lichen artifacts check` and `lichen images copy`: what they print, and how they end."""

from __future__ import annotations

import ast
import json
import shlex
import subprocess
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import boto3
import pytest
import yaml
from click.testing import CliRunner, Result
from lichen_doors.artifacts import Remark, files_at, remarks_of
from lichen_doors.command import main
from moto import mock_aws

from lichen.document import InputError
from lichen.sizing import Layout, Sizing, lay_out
from lichen.workload import Compiled, as_workload
from tests.fixed import fixed

LLAMA = "meta-llama/Llama-3.1-8B"
GIB = 2**30
TOKENS = {"tokenizer.json": b"{}"}


def lichen(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def folder(path: Path, files: Mapping[str, bytes | int]) -> Path:
    """A folder of files; a number is a file of so many bytes that takes no room."""
    for name, content in files.items():
        file = path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, int):
            with file.open("wb") as sparse:
                sparse.truncate(content)
        else:
            file.write_bytes(content)
    return path


def sizing(machine: str, model: str, precision: Any = "bf16", **traffic: int) -> Sizing:
    catalogue = fixed()
    workload = as_workload({"name": "w", "model": model, "traffic": {"peak_rps": 0.5, **traffic}})
    found = lay_out(
        workload, catalogue.model(model), catalogue.machine(machine), precision, catalogue
    )
    assert isinstance(found, Layout), found
    return found.sizing()


CHAT = sizing("inf2.xlarge", LLAMA, input_tokens=600, output_tokens=200)
assert CHAT.compiled_batch is not None
SHAPE = {
    "batch_size": CHAT.compiled_batch,
    "sequence_length": 2048,
    "tp_degree": 2,
    "target": "inf2",
}
SHARDS: dict[str, bytes | int] = {
    f"checkpoint/weights/tp{rank}_sharded_checkpoint.safetensors": 8 * GIB for rank in (0, 1)
}


def remarks(
    path: Path, server: str, size: Sizing, model: str = LLAMA, compiled: Compiled | None = None
) -> list[Remark]:
    card = fixed().model(model)
    return list(remarks_of(files_at(str(path)), server, card, size, compiled, "inf2"))


def compiled_folder(
    path: Path, shape: Mapping[str, object], shards: Mapping[str, bytes | int] = SHARDS
) -> Path:
    config = {"config.json": b"{}", "neuron_config.json": json.dumps(shape).encode(), **TOKENS}
    return folder(path, {**config, **shards})


def test_compiled_files_of_the_right_shape_are_right(tmp_path: Path) -> None:
    found = remarks(compiled_folder(tmp_path, SHAPE), "neuron", CHAT)
    assert all(remark.right for remark in found), found
    assert "compiled for {batch: " in found[2].what


def wrong(found: list[Remark]) -> list[Remark]:
    return [remark for remark in found if not remark.right]


@pytest.mark.parametrize(
    ("change", "what", "fix"),
    [
        ({"batch_size": 3}, "compiled for {batch: 3, ", "write compiled: {batch: 3, "),
        ({"sequence_length": 512}, "sequence_tokens: 512", "write compiled: {batch: "),
        ({"target": "trn1"}, "compiled for machines of the family trn1", "compile it for inf2"),
    ],
)
def test_a_shape_that_differs_is_named(
    tmp_path: Path, change: Mapping[str, object], what: str, fix: str
) -> None:
    (remark,) = wrong(remarks(compiled_folder(tmp_path, {**SHAPE, **change}), "neuron", CHAT))
    assert what in remark.what
    assert remark.fix.startswith(fix)


def test_a_workloads_own_shape_is_what_the_files_must_have(tmp_path: Path) -> None:
    own = Compiled(batch=3, sequence_tokens=1024, tensor_parallel=2)
    (remark,) = wrong(remarks(compiled_folder(tmp_path, SHAPE), "neuron", CHAT, compiled=own))
    assert remark.fix.startswith("correct the workload's compiled: it says")


def test_a_compiled_folder_without_weights_was_compiled_from_a_name_of_the_hub(
    tmp_path: Path,
) -> None:
    found = wrong(remarks(compiled_folder(tmp_path, SHAPE, {}), "neuron", CHAT))
    assert "weights of 0 of 2 cores" in found[0].what
    assert found[0].fix.startswith("compile from a local folder")
    assert found[1].what.startswith("weights: 0.00 GiB in 0 files")


def test_a_missing_core_is_found(tmp_path: Path) -> None:
    one = dict(list(SHARDS.items())[:1])
    found = wrong(remarks(compiled_folder(tmp_path, SHAPE, one), "neuron", CHAT))
    assert "weights of 1 of 2 cores" in found[0].what


def test_a_model_as_it_comes_from_the_hub_is_not_compiled(tmp_path: Path) -> None:
    files = {"config.json": b"{}", "model.safetensors": 15 * GIB, **TOKENS}
    (remark,) = wrong(remarks(folder(tmp_path, files), "neuron", CHAT))
    assert "the model is not compiled" in remark.what


def test_vllm_wants_every_file_of_the_index(tmp_path: Path) -> None:
    index = {"weight_map": {"a": "one.safetensors", "b": "two.safetensors"}}
    files: dict[str, bytes | int] = {
        "config.json": b"{}",
        "model.safetensors.index.json": json.dumps(index).encode(),
        "one.safetensors": 8 * GIB,
        **TOKENS,
    }
    gpu = sizing("g5.xlarge", LLAMA, input_tokens=600, output_tokens=200)
    found = wrong(remarks(folder(tmp_path, files), "vllm", gpu))
    assert [remark.fix for remark in found] == [
        "upload two.safetensors",
        "upload all of them, at bf16; hf download resumes what is missing",
    ]
    folder(tmp_path, {"two.safetensors": 7 * GIB})
    assert not wrong(remarks(tmp_path, "vllm", gpu))


def test_graviton_wants_the_code_that_serves(tmp_path: Path) -> None:
    encoder = "BAAI/bge-small-en-v1.5"
    size = sizing("c7g.xlarge", encoder, "fp32", input_tokens=128)
    folder(tmp_path, {"config.json": b"{}", "model.safetensors": 134_000_000})
    (remark,) = wrong(remarks(tmp_path, "pytorch", size, encoder))
    assert remark.what == "code/inference.py"
    assert "model_fn" in remark.fix
    folder(tmp_path, {"code/inference.py": b"def model_fn(folder): ..."})
    assert not wrong(remarks(tmp_path, "pytorch", size, encoder))


def test_llama_cpp_wants_one_gguf_file(tmp_path: Path) -> None:
    size = sizing(
        "c7g.xlarge", "meta-llama/Llama-3.2-1B", "q4_k_m", input_tokens=1, output_tokens=1
    )
    folder(tmp_path, {"model.safetensors": GIB})
    (none,) = wrong(remarks(tmp_path, "llama.cpp", size, "meta-llama/Llama-3.2-1B"))
    assert none.what == "no GGUF file"
    folder(tmp_path, {"a.gguf": b"PK\x03\x04", "b.gguf": GIB})
    found = wrong(remarks(tmp_path, "llama.cpp", size, "meta-llama/Llama-3.2-1B"))
    assert [remark.what for remark in found] == [
        "2 GGUF files: the server takes a.gguf",
        "a.gguf is a GGUF file",
    ]
    (tmp_path / "b.gguf").unlink()
    folder(tmp_path, {"a.gguf": b"GGUF" + bytes(900_000_000)})
    assert not wrong(remarks(tmp_path, "llama.cpp", size, "meta-llama/Llama-3.2-1B"))


@pytest.mark.parametrize(
    ("location", "message"),
    [
        ("nowhere", "'nowhere' is not a folder"),
        ("s3://UPPER/", "is not a location in S3"),
    ],
)
def test_a_location_that_cannot_be_read_is_refused(location: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        files_at(location)


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket="models")
        yield client


def test_files_in_s3_are_listed_and_their_configuration_is_read(bucket: Any) -> None:
    bucket.put_object(Bucket="models", Key="it/neuron_config.json", Body=json.dumps(SHAPE))
    bucket.put_object(Bucket="models", Key="it/deeper/", Body=b"")
    bucket.put_object(Bucket="models", Key="other/config.json", Body=b"{}")
    files = files_at("s3://models/it")
    assert list(files.sizes) == ["neuron_config.json"]
    assert files.json("neuron_config.json") == SHAPE
    with pytest.raises(InputError, match="nothing is at s3://models/none/"):
        files_at("s3://models/none/")
    with pytest.raises(InputError, match="cannot be read"):
        files_at("s3://not-there/it/")


def test_an_archive_is_read_here_and_in_s3(bucket: Any, tmp_path: Path) -> None:
    size = sizing("c7g.xlarge", "BAAI/bge-small-en-v1.5", "fp32", input_tokens=128)
    files = {"config.json": b'{"a": 1}', "model.safetensors": 2_000_000}
    code = {"code/inference.py": b"def model_fn(folder): ..."}
    made = folder(tmp_path / "it", {**files, **code})
    archive = tmp_path / "model.tar.gz"
    subprocess.run(["tar", "-czf", archive, "-C", made, "."], check=True)
    (remark,) = wrong(remarks(archive, "pytorch", size, "BAAI/bge-small-en-v1.5"))
    assert remark.what.startswith("weights: 0.00 GiB in 1 file, 0.12 GiB expected")
    bucket.put_object(Bucket="models", Key="it/model.tar.gz", Body=archive.read_bytes())
    found = files_at("s3://models/it/model.tar.gz")
    assert found.sizes == files_at(str(made)).sizes
    assert found.json("config.json") == {"a": 1}

    for content in (b"no archive", archive.read_bytes()[:1_000]):
        bucket.put_object(Bucket="models", Key="it/model.tar.gz", Body=content)
        with pytest.raises(InputError, match="is no gzipped archive"):
            files_at("s3://models/it/model.tar.gz")


def workload(path: Path, **change: Any) -> Path:
    asked = {
        "name": "chat",
        "model": LLAMA,
        "precisions": ["bf16"],
        "traffic": {"peak_rps": 0.5, "input_tokens": 600, "output_tokens": 200},
        "where": {"hosting": ["sagemaker"], "regions": ["eu-west-3"]},
        "compiled": {"batch": 4, "sequence_tokens": 1024, "tensor_parallel": 2},
        **change,
    }
    file = path / "chat.yaml"
    file.write_text(yaml.safe_dump(asked))
    return file


def test_the_command_ends_1_with_the_commands_that_mend_it(tmp_path: Path) -> None:
    files = folder(tmp_path / "model", {"config.json": b"{}", **TOKENS})
    run = lichen("artifacts", "check", files, "--workload", workload(tmp_path))
    assert run.exit_code == 1, run.output
    assert run.stdout.startswith("chat: bf16 on inf2.")
    assert (
        "in eu-west-3, served by neuron\n  ok     config.json\n  WRONG  neuron_config" in run.stdout
    )
    assert "optimum-cli export neuron --model ./model" in run.stdout
    assert f"aws s3 sync {files} s3://<bucket>-eu-west-3/chat/" in run.stdout


def test_the_command_ends_0_where_all_is_right(tmp_path: Path) -> None:
    shape = {**SHAPE, "batch_size": 4, "sequence_length": 1024}
    files = compiled_folder(tmp_path / "model", shape)
    run = lichen("artifacts", "check", files, "--workload", workload(tmp_path))
    assert run.exit_code == 0, run.output
    assert "WRONG" not in run.stdout
    assert "optimum-cli" not in run.stdout


def test_what_takes_one_archive_is_given_the_commands_for_it(tmp_path: Path) -> None:
    files = folder(tmp_path / "model", {"config.json": b"{}"})
    asked = workload(
        tmp_path,
        name="vectors",
        model="BAAI/bge-small-en-v1.5",
        mode="serverless",
        precisions=["fp32"],
        traffic={"peak_rps": 0.5, "mean_rps": 0.01, "input_tokens": 256},
        where={"hosting": ["sagemaker"], "regions": ["us-east-1"]},
        compiled=None,
    )
    run = lichen("artifacts", "check", files, "--workload", asked)
    assert f"tar -czf model.tar.gz -C {files} . && aws s3 cp model.tar.gz s3://" in run.stdout
    needs = "a serverless endpoint takes the model's files as one .tar.gz alone"
    assert needs not in run.stdout
    for name, right in (("my model.tar.gz", True), ("model.tgz", False)):
        archive = tmp_path / name
        subprocess.run(["tar", "-czf", archive, "-C", files, "."], check=True)
        run = lichen("artifacts", "check", archive, "--workload", asked)
        assert f"  {'ok   ' if right else 'WRONG'}  {needs}" in run.stdout
        assert f"aws s3 cp {shlex.quote(str(archive))} s3://" in run.stdout
        assert "/vectors/model.tar.gz --region us-east-1" in run.stdout


def test_an_archive_is_copied_where_a_prefix_is_taken_too(tmp_path: Path) -> None:
    files = folder(tmp_path / "model", {"config.json": b"{}", **TOKENS})
    archive = tmp_path / "a b.tar.gz"
    subprocess.run(["tar", "-czf", archive, "-C", files, "."], check=True)
    run = lichen("artifacts", "check", archive, "--workload", workload(tmp_path))
    assert f"aws s3 cp '{archive}' s3://<bucket>-eu-west-3/chat/ --region eu-west-3" in run.stdout


def test_of_an_archive_only_configurations_are_kept_and_links_count(tmp_path: Path) -> None:
    files = folder(
        tmp_path / "model", {"config.json": b'{"a": 1}', "w.bin": 900_000, "b.json": 2_000_000}
    )
    (files / "x.bin").hardlink_to(files / "w.bin")
    archive = tmp_path / "model.tar.gz"
    subprocess.run(["tar", "-czf", archive, "-C", files, "."], check=True)
    found = files_at(str(archive))
    assert found.json("config.json") == {"a": 1}
    assert (found.sizes["w.bin"], found.sizes["x.bin"]) == (900_000, 900_000)
    assert [len(found.read(name, 1 << 20)) for name in ("w.bin", "x.bin", "b.json")] == [4, 4, 4]


def test_a_shape_that_serves_no_more_ends_3_with_the_command_that_compiles(tmp_path: Path) -> None:
    shape = {"batch": 4, "sequence_tokens": 512, "tensor_parallel": 2}
    files = folder(tmp_path / "model", {"config.json": b"{}"})
    run = lichen("artifacts", "check", files, "--workload", workload(tmp_path, compiled=shape))
    assert run.exit_code == 3
    assert "The shape in compiled does not serve the workload" in run.stdout


def test_the_code_in_the_document_compiles_and_has_both_functions() -> None:
    text = (Path(__file__).parents[2] / "docs" / "artifacts.md").read_text()
    code = text.partition("```python\n")[2].partition("```")[0]
    tree = ast.parse(code)
    names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert names == {"model_fn", "transform_fn"}


def test_images_are_copied_from_the_nearest_region_that_has_them(tmp_path: Path) -> None:
    run = lichen("images", "copy", "--to", "eu-north-1")
    assert run.exit_code == 0
    copies = [line for line in run.stdout.splitlines() if line.startswith("skopeo copy")]
    assert len(copies) == 2
    assert all(
        "763104351884.dkr.ecr.eu-central-1.amazonaws.com/huggingface" in one for one in copies
    )
    script = tmp_path / "copy.sh"
    script.write_text(run.stdout)
    subprocess.run(["bash", "-n", str(script)], check=True)


def test_nothing_is_copied_where_all_is_published() -> None:
    run = lichen("images", "copy", "--to", "us-east-1")
    assert run.stdout == (
        "# every image that components use is published in us-east-1: nothing to copy\n"
    )


def test_china_copies_from_china() -> None:
    run = lichen("images", "copy", "--to", "cn-north-1", "--repository", "vllm")
    assert "docker://727897471807.dkr.ecr.cn-north" in run.stdout
    assert "<account>.dkr.ecr.{region}.amazonaws.com.cn" in run.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--to", "eu-nort-1"), "to: 'eu-nort-1' is not a region. Fix: did you mean 'eu-north-1'?"),
        (
            ("--to", "eu-north-1", "--repository", "vlm"),
            "repository: 'vlm' is not an image that components use. Fix: did you mean 'vllm'?",
        ),
    ],
)
def test_a_name_that_is_wrong_is_answered_with_the_nearest(
    arguments: tuple[str, ...], message: str
) -> None:
    run = lichen("images", "copy", *arguments)
    assert run.exit_code == 2
    assert message in run.stderr
