"""`lichen init`: a file that validates, from answers or from a deployment; unread parts marked."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from click.testing import CliRunner, Result
from lichen_doors.command import main
from lichen_practices.starting.deployed import drafts_of
from lichen_practices.starting.draft import KnownWorkload, text_of_draft

from lichen.document import InputError
from lichen.workload import Workload, as_workload, read_workload
from tests.fixed import fixed
from tests.practices.terminal import on_a_terminal

ANSWER = json.loads((Path(__file__).parents[3] / "docs" / "schemas" / "init.json").read_text())
ANSWERS = ("--peak-rps", "2", "--input-tokens", "600", "--output-tokens", "200",
           "--environment", "prod")  # fmt: skip
SAGEMAKER = """\
Resources:
  Model:
    Type: AWS::SageMaker::Model
    Properties:
      ModelName: helpdesk
      PrimaryContainer:
        Image: 763104351884.dkr.ecr.us-east-1.amazonaws.com/vllm:0.11
        Environment: {SM_VLLM_MODEL: meta-llama/Llama-3.1-8B, SM_VLLM_MAX_MODEL_LEN: '512'}
  Config:
    Type: AWS::SageMaker::EndpointConfig
    Properties:
      ProductionVariants:
        - {VariantName: all, ModelName: helpdesk, InstanceType: ml.g5.2xlarge,
           InitialInstanceCount: 2, InitialVariantWeight: 1}
"""
KUBERNETES = """\
apiVersion: apps/v1
kind: Deployment
metadata: {name: chat, labels: {environment: staging}, annotations: {lichen.dev/peak-rps: '3'}}
spec:
  replicas: 3
  template:
    metadata: {annotations: {lichen.dev/peak-rps: '3'}}
    spec:
      nodeSelector: {node.kubernetes.io/instance-type: g5.2xlarge}
      containers:
        - name: server
          image: vllm/vllm-openai:v0.9.1
          env: [{name: HF_TOKEN, value: hf_averysecrettoken}]
          args: [--model, meta-llama/Llama-3.1-8B, --dtype, bfloat16]
          resources: {limits: {nvidia.com/gpu: 1}}
"""
VLLM = "model: meta-llama/Llama-3.1-8B\nmax-model-len: 8192\nport: 8000\nquantization: awq\n"
VERTEX = {
    "version": 3,
    "deployment": {
        "resources": [
            {
                "urn": "urn:pulumi:prod::p::gcp:vertex/aiEndpointWithModelGardenDeployment:"
                "AiEndpointWithModelGardenDeployment::answers",
                "custom": True,
                "id": "x",
                "type": "gcp:vertex/aiEndpointWithModelGardenDeployment:"
                "AiEndpointWithModelGardenDeployment",
                "inputs": {
                    "location": "europe-west4",
                    "huggingFaceModelId": "meta-llama/Llama-3.1-8B",
                    "deployConfig": {
                        "dedicatedResources": {
                            "minReplicaCount": 1,
                            "machineSpec": {
                                "machineType": "g2-standard-12",
                                "acceleratorType": "NVIDIA_L4",
                                "acceleratorCount": 1,
                            },
                        }
                    },
                },
            }
        ]
    },
}


@pytest.fixture(autouse=True)
def _in_a_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def init(*arguments: str) -> Result:
    return CliRunner().invoke(main, ["init", *arguments])


def started(*arguments: str) -> tuple[Workload, dict[str, Any], str]:
    """The workload that a run wrote, its answer for programs, and the file's text."""
    run = init(*arguments, "--format", "json")
    assert run.exit_code == 0, run.output
    text = Path("workload.yaml").read_text()
    address = text.splitlines()[0].partition("$schema=")[2]
    schema = json.loads(Path(address).read_text())
    jsonschema.validate(yaml.safe_load(text), schema)  # as an editor does
    answer: dict[str, Any] = json.loads(run.stdout)
    jsonschema.validate(answer, ANSWER)
    return as_workload(yaml.safe_load(text), Path()), answer, text


def test_a_model_and_five_answers() -> None:
    workload, answer, text = started(
        "--model", "meta-llama/Llama-3.1-8B", *ANSWERS, "--first-token-ms", "1500",
        "--residency", "EU", "--cloud", "aws",
    )  # fmt: skip
    assert workload.name == "llama-3-1-8b"
    assert workload.model == "meta-llama/Llama-3.1-8B"
    assert workload.traffic.peak_rps == 2.0
    assert (workload.traffic.input_tokens, workload.traffic.output_tokens) == (600, 200)
    assert workload.latency.time_to_first_token_ms == 1500.0
    assert (workload.where.residency, workload.where.clouds) == ("EU", ("aws",))
    assert answer["unread"] == []
    assert "NOT READ" not in text
    assert all("#" in line for line in text.splitlines() if line.startswith("  peak"))


def test_a_config_json(tmp_path: Path) -> None:
    config = {
        "model_type": "llama", "hidden_size": 2048, "num_hidden_layers": 16,
        "num_attention_heads": 32, "num_key_value_heads": 8, "intermediate_size": 8192,
        "vocab_size": 128256, "tie_word_embeddings": True, "max_position_embeddings": 131072,
        "torch_dtype": "bfloat16",
    }  # fmt: skip
    folder = tmp_path / "my-model"
    folder.mkdir()
    (folder / "config.json").write_text(json.dumps(config))
    workload, _, text = started("--model", "my-model/config.json", *ANSWERS)
    assert workload.name == "my-model"
    assert not isinstance(workload.model, str)
    assert workload.model.parameters == pytest.approx(1.24e9, rel=0.01)
    assert 'model: {config: "my-model/config.json"}' in text


@pytest.mark.parametrize(
    ("name", "content", "environment", "unread"),
    [
        ("sagemaker.yaml", SAGEMAKER, "prod", ["traffic.peak_rps", "environment"]),
        ("kubernetes.yaml", KUBERNETES, "staging", []),
        ("vllm.yaml", VLLM, "prod", ["traffic.peak_rps", "environment"]),
        ("vertex.json", json.dumps(VERTEX), "prod", ["traffic.peak_rps"]),
    ],
)
def test_what_is_deployed(name: str, content: str, environment: str, unread: list[str]) -> None:
    Path(name).write_text(content)
    workload, answer, text = started("--from", name)
    assert workload.model == "meta-llama/Llama-3.1-8B"
    assert workload.environment == environment
    tokens = ["traffic.input_tokens", "traffic.output_tokens"]
    assert sorted(answer["unread"]) == sorted([*unread, *tokens])
    for field in answer["unread"]:
        line = next(line for line in text.splitlines() if f"{field.split('.')[-1]}:" in line)
        assert "NOT READ" in line
    assert "secret" not in text
    # What nobody said is not placed as if somebody had.
    with pytest.raises(InputError, match="are marked NOT READ: nobody said what holds") as refused:
        read_workload(Path("workload.yaml"))
    assert refused.value.field.split(", ") == [
        each.rpartition(".")[2] for each in _in_order(text, answer["unread"])
    ]
    Path("workload.yaml").write_text(text.replace("# NOT READ: ", "# "))
    assert read_workload(Path("workload.yaml")) == workload


def test_a_mark_in_a_prompt_is_none() -> None:
    text = started("--model", "meta-llama/Llama-3.1-8B", *ANSWERS)[2]
    prompt = "prompts:\n  templates:\n    - name: a\n      text: |\n        x: say it # NOT READ\n"
    Path("workload.yaml").write_text(text + prompt)
    assert "NOT READ" in (read_workload(Path("workload.yaml")).prompts.templates[0].text or "")


def _in_order(text: str, fields: list[str]) -> list[str]:
    return sorted(fields, key=lambda field: text.index(f"{field.rpartition('.')[2]}: "))


def test_what_a_deployment_says_is_kept() -> None:
    Path("s.yaml").write_text(SAGEMAKER)
    workload, _, text = started("--from", "s.yaml", "--peak-rps", "4")
    assert workload.traffic.peak_rps == 4.0
    assert workload.traffic.longest_tokens == 512
    assert (workload.traffic.input_tokens or 0) + (workload.traffic.output_tokens or 0) <= 512
    assert workload.where.clouds == ("aws",)
    assert "It runs on 2 x g5.2xlarge" in text
    Path("k.yaml").write_text(KUBERNETES)
    workload, _, _ = started("--from", "k.yaml", "--force")
    assert (workload.name, workload.precisions) == ("chat", ("bf16",))
    assert workload.traffic.peak_rps == 3.0
    Path("v.yaml").write_text(VLLM)
    workload, _, _ = started("--from", "v.yaml", "--force")
    assert workload.precisions == ("awq",)


def test_what_a_state_says_stays_in_its_comment() -> None:
    """A line break in a machine's name begins no field of the file."""
    deployed = SAGEMAKER.replace("ml.g5.2xlarge", '"ml.a\\nmode: batch #"')
    Path("s.yaml").write_text(deployed)
    workload, _, text = started("--from", "s.yaml")
    assert workload.mode == "real-time"
    assert "\\nmode: batch" in text
    draft = KnownWorkload(name="a", came_from=" from a\nmode: batch", runs_on="b\rmode: batch")
    assert "mode" not in yaml.safe_load(text_of_draft(draft))


@pytest.mark.parametrize(("rate", "written"), [("1000000", "1000000"), ("0.00001", "0.00001"),
                                               ("1234567.5", "1234567.5"), ("2", "2")])  # fmt: skip
def test_numbers_have_all_their_digits(rate: str, written: str) -> None:
    draft = KnownWorkload(name="a", peak_rps=float(rate), p95_ms=float(rate))
    text = text_of_draft(draft)
    assert f"  peak_rps: {written} " in text
    assert f"  p95_ms: {written} " in text
    document = yaml.safe_load(text)
    assert document["traffic"]["peak_rps"] == document["latency"]["p95_ms"] == float(rate)


@pytest.mark.parametrize(
    ("method", "precisions"),
    [("bitsandbytes", ()), ("gptq_marlin", ()), ("awq", ("awq",)), ("None", ("bf16",))],
)
def test_a_method_of_unknown_bits_has_no_precision(
    method: str, precisions: tuple[str, ...]
) -> None:
    Path("v.yaml").write_text(VLLM.replace("quantization: awq", f"quantization: {method}")
                              + "dtype: bfloat16\n")  # fmt: skip
    (draft,) = drafts_of([Path("v.yaml")], fixed())
    assert draft.precisions == precisions


def test_one_of_several_is_chosen() -> None:
    other = KUBERNETES.replace("name: chat,", "name: search,")
    Path("two.yaml").write_text(f"{KUBERNETES}---\n{other}")
    run = init("--from", "two.yaml")
    assert run.exit_code == 2
    assert "serves 2 models: chat, search" in run.stderr
    workload, _, _ = started("--from", "two.yaml", "--endpoint", "search")
    assert workload.name == "search"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "name a model or a config.json"),
        (("--model", "no-such-model", *ANSWERS), "is not known"),
        (("--model", "meta-llama/Llama-3.1-8B"), "--peak-rps, --environment, --input-tokens"),
        (("--from", "no-such-file.yaml"), "no-such-file.yaml"),
        (("--from", "empty.yaml"), "no container of it serves a model"),
        (("--model", "m.json", *ANSWERS), "does not parse"),
        (("--model", "meta-llama/Llama-3.1-8B", *ANSWERS, "--name", "A B"), "name"),
        (("--model", "meta-llama/Llama-3.1-8B", *ANSWERS, "--mean-rps", "9"), "above peak_rps"),
        (("--model", "meta-llama/Llama-3.1-8B", *ANSWERS, "--residency", "Narnia"), "residency"),
    ],
)
def test_what_is_wrong_is_a_sentence_and_writes_nothing(
    arguments: tuple[str, ...], says: str
) -> None:
    Path("empty.yaml").write_text("apiVersion: v1\nkind: Service\nmetadata: {name: x}\n")
    Path("m.json").write_text("{")
    run = init(*arguments)
    assert run.exit_code == 2, run.output
    assert says in " ".join(run.stderr.split())
    assert "Traceback" not in run.output
    assert not Path("workload.yaml").exists()


def test_a_file_that_is_there_is_kept() -> None:
    Path("workload.yaml").write_text("mine")
    run = init("--model", "meta-llama/Llama-3.1-8B", *ANSWERS)
    assert run.exit_code == 2
    assert Path("workload.yaml").read_text() == "mine"


def test_a_terminal_is_asked_five_questions(tmp_path: Path) -> None:
    ends, shown = on_a_terminal(
        ["init", "--output", "chat.yaml"],
        tmp_path,
        answers=(
            ("Which model", "meta-llama/Llama-3.1-8B"),
            ("1. Requests a second", "-1"),  # refused, and asked again
            ("1. Requests a second", "2.5"),
            ("2. Tokens of a typical prompt", "700"),
            ("and of its answer", ""),
            ("3. The answer begins within", "1500"),
            ("4. Data must stay in", "EU"),
            ("5. Environment", "staging"),
        ),
    )
    assert ends == 0, shown
    workload = read_workload(tmp_path / "chat.yaml")
    assert workload.model == "meta-llama/Llama-3.1-8B"
    assert workload.traffic.peak_rps == 2.5
    assert (workload.traffic.input_tokens, workload.traffic.output_tokens) == (700, 200)
    assert workload.latency.time_to_first_token_ms == 1500.0
    assert workload.where.residency == "EU"
    assert workload.environment == "staging"


def test_an_embedding_is_not_asked_for_its_answer(tmp_path: Path) -> None:
    ends, shown = on_a_terminal(
        ["init", "--model", "BAAI/bge-m3", "--peak-rps", "4", "--output", "vectors.yaml"],
        tmp_path,
        answers=(("3. A request ends within", ""), ("4. Data must stay in", ""), ("5. Env", "")),
    )
    assert ends == 0, shown
    assert "and of its answer" not in shown
    assert read_workload(tmp_path / "vectors.yaml").environment == "prod"
