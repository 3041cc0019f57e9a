"""`lichen prompts`: tokens by part, the share of a month, the budget, and never a prompt's text."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from click.testing import CliRunner, Result
from lichen_doors.command import main
from lichen_practices.prompts.template import shortened, template_of
from tokenizers import Tokenizer, models, pre_tokenizers

from lichen.prompt_tokens import estimated_tokens

ROOT = Path(__file__).parents[3]
SCHEMA = json.loads((ROOT / "docs" / "schemas" / "prompts.json").read_text())
CHAT = ROOT / "stacks" / "workloads" / "chat.yaml"
PROMPT = (
    "You are a helpful zebra.\n{# a note #}\nBe brief.\nBe brief.\n"
    "Customer: {{ customer.name | upper }}\n{% for line in history %}{{ line }}{% endfor %}\n"
    "Never promise ${thing}, and answer {question}.\n"
)


@pytest.fixture
def prompt(tmp_path: Path) -> Path:
    path = tmp_path / "support.txt"
    path.write_text(PROMPT)
    return path


@pytest.fixture
def tokenizer(tmp_path: Path) -> Path:
    """A tokenizer of words and signs: what it counts can be counted by hand."""
    one = Tokenizer(models.WordLevel({"[UNK]": 0}, unk_token="[UNK]"))
    one.pre_tokenizer = pre_tokenizers.Whitespace()
    path = tmp_path / "tokenizer.json"
    one.save(str(path))
    return path


def prompts(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["prompts", *map(str, arguments)])


def answered(*arguments: object, ends: int = 0) -> dict[str, Any]:
    run = prompts(*arguments, "--format", "json")
    assert run.exit_code == ends, run.output
    answer: dict[str, Any] = json.loads(run.stdout)
    jsonschema.validate(answer, SCHEMA)
    return answer


def test_the_parts_of_a_template() -> None:
    template = template_of(PROMPT)
    assert template.names == ("customer.name", "line", "thing", "question")
    assert template.prefix.endswith("Be brief.\nCustomer: ")
    assert "note" not in template.fixed
    assert "for" not in template.fixed
    assert "Never promise , and answer ." in template.fixed
    plain = template_of('Answer as JSON: {"answer": 1, "sure": {}}')
    assert plain.names == ()
    assert plain.fixed == plain.prefix == 'Answer as JSON: {"answer": 1, "sure": {}}'
    assert shortened("Be  brief.\n\n\n\nBe brief.\nNow\n") == "Be brief.\n\nNow\n"


def test_a_tokenizer_counts_exactly(prompt: Path, tokenizer: Path) -> None:
    answer = answered(prompt, "--tokenizer", tokenizer)
    (counted,) = answer["prompts"]
    # 6 + 3 + 3 + 2 before what varies; then "Never promise , and answer ."
    assert counted["prefix"] == {"low": 14.0, "likely": 14.0, "high": 14.0}
    assert counted["fixed"]["likely"] == 20.0
    assert counted["behind"]["likely"] == 6.0
    assert counted["shortened"]["likely"] == 17.0
    assert counted["placeholders"] == ["customer.name", "line", "thing", "question"]
    assert answer["counted_by"] == "tokenizer.json"


def test_a_package_may_ship_the_tokenizer(
    prompt: Path, tokenizer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    package = tmp_path / "zebra_tokens"
    package.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError('nobody imports it')")
    (package / "tokenizer.json").write_text(tokenizer.read_text())
    monkeypatch.syspath_prepend(tmp_path)
    answer = answered(prompt, "--tokenizer", "zebra_tokens:tokenizer.json")
    assert answer["total"]["likely"] == 20.0
    for named, says in (
        ("zebra_tokens:../support.txt", "is installed that ships it"),
        ("no_such_package:tokenizer.json", "is installed that ships it"),
        ("package:zebra_tokens/tokenizer.json", "the package's own name"),
        ("zebra_tokens:", "the package's own name"),
    ):
        run = prompts(prompt, "--tokenizer", named)
        assert "pip install" not in run.stderr  # a file may have named it
        assert run.exit_code == 2
        assert says in " ".join(run.stderr.split())


def test_an_estimate_has_an_interval_that_says_so(prompt: Path) -> None:
    answer = answered(prompt)
    fixed = answer["prompts"][0]["fixed"]
    assert fixed["low"] < fixed["likely"] < fixed["high"]
    assert answer["counted_by"] == "estimate"
    assert "estimated" in prompts(prompt).output


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        # Counted once by the real tokenizers of Llama 3 and GPT-2 (derive/token_estimate.py).
        ("The quick brown fox jumps over the lazy dog.", 10),
        ("import json\n\nprint(json.dumps({'a': [1, 2, 3]}))\n", 21),
    ],
)
def test_an_estimate_is_near_real_counts(text: str, tokens: int) -> None:
    found = estimated_tokens(text)
    assert found.low * 0.8 <= tokens <= found.high * 1.2


def test_nothing_of_a_prompt_is_printed(prompt: Path) -> None:
    for form in ("text", "json"):
        run = prompts(prompt, "--workload", CHAT, "--budget", "10", "--format", form)
        assert "zebra" not in run.output
        assert "promise" not in run.output


@pytest.mark.parametrize(
    ("template", "names"),
    [
        # Jinja
        ('{{ "zebra" | upper }} {{ name }}', ["name"]),
        ("{{ 'zebra' ~ name }} {{ name | default('zebra') }}", ["name"]),
        ('{{ "a\\"zebra" }} {{ users["zebra"] }} {{ call(key="zebra") }}', ["users", "call"]),
        ('{{ name | default("}} {{ zebra }} ") }}', []),
        ("{% if name == 'zebra' %}{{ name }}{% endif %}{% set x = 'zebra' %}", ["name"]),
        ("{% raw %}{{ zebra }}{% endraw %}{{ name }}", ["name"]),
        ("{{ 5zebra }} {{ zebra is it }} {# zebra #}", []),
        # Python's format, and LangChain, whose text in braces has two of them
        ("{name!r:>10} {{zebra}} {day:%Y-%m-%d} {share:.1%}", ["name", "day", "share"]),
        ('{name} {{"key": "zebra"}} {{zebra: zebra}} {{{{zebra}}}}', ["name"]),
        ("{zebra: zebra} {zebra:zebra} {'zebra'}", []),
        # Mustache and Handlebars
        ("{{#name}}{{! zebra }}{{{other}}}{{/name}}{{> part}}", ["name", "other", "part"]),
        ("{{!-- {{ zebra }} --}}{{#if (eq name 'zebra')}}{{/if}}\\{{zebra}}", ["if"]),
        ("{{=<% %>=}} {{ zebra }} <% name %>", []),
        ("{{{{raw}}}} {{ zebra }} {{{{/raw}}}}{{ name }}", ["name"]),
        # Go
        ('{{- /* zebra */ -}}{{ .Name }}{{ printf "zebra" .Name }}', ["Name"]),
        ('{{ `zebra` }}{{ if eq .Name "zebra" }}{{ "{{" }} zebra {{ "}}" }}', []),
        # Shells, and a chat in JSON
        ("${name} ${name:-zebra}", ["name"]),
        ('[{"role": "user", "content": "zebra {{ name }}"}]', ["name"]),
    ],
)
def test_a_name_is_printed_a_text_never(template: str, names: list[str], tmp_path: Path) -> None:
    path = tmp_path / "support.txt"
    path.write_text(template)
    assert answered(path)["prompts"][0]["placeholders"] == names
    for form in ("text", "json"):
        assert "zebra" not in prompts(path, "--format", form).output


def test_comments_are_never_sent_and_text_in_braces_is() -> None:
    assert template_of("Be {{! a }}brief{{- /* b */ -}}.{{!-- {{c}} --}}").fixed == "Be brief."
    assert template_of("As {role: user}").prefix == "As {role: user}"


def test_nothing_of_a_prompt_is_sent(
    prompt: Path, tokenizer: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[object] = []

    def refuses(_socket: socket.socket, address: object) -> None:
        sent.append(address)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", refuses)
    with pytest.raises(ConnectionRefusedError):  # it would be seen
        socket.create_connection(("127.0.0.1", 9))
    assert sent.pop()
    answered(prompt, "--workload", CHAT)
    answered(prompt, "--workload", CHAT, "--tokenizer", tokenizer, "--steps", "2")
    assert not sent


def test_the_share_of_a_month(prompt: Path, tmp_path: Path) -> None:
    long = tmp_path / "long.txt"
    long.write_text("Read this rule with care. " * 60)
    small, large = (answered(each, "--workload", CHAT)["share"] for each in (prompt, long))
    assert 0 < small["of_time"] < large["of_time"] < large["of_input"] < 1
    assert 0 < small["usd_month"] < large["usd_month"]
    assert large["gco2e_month"]["low"] < large["gco2e_month"]["high"]
    assert large["cached"] == pytest.approx(large["of_time"])  # all of it is prefix
    assert small["cached"] < small["of_time"]


def test_two_versions_side_by_side(prompt: Path, tokenizer: Path, tmp_path: Path) -> None:
    earlier = tmp_path / "earlier.txt"
    earlier.write_text(PROMPT + "And one sentence more.\n")
    answer = answered(prompt, "--before", earlier, "--tokenizer", tokenizer)
    assert answer["before"][0]["fixed"]["likely"] == 25.0
    run = prompts(prompt, "--before", earlier, "--tokenizer", tokenizer)
    assert "-5 tokens against the version before" in run.output


def test_a_budget_is_kept_or_blocks(prompt: Path, tokenizer: Path) -> None:
    assert answered(prompt, "--tokenizer", tokenizer, "--budget", "20")["budget"] == "within"
    assert answered(prompt, "--tokenizer", tokenizer, "--budget", "19", ends=1)["budget"] == "over"
    likely = round(answered(prompt)["total"]["likely"])
    assert answered(prompt, "--budget", likely)["budget"] == "unknown"


def test_a_workload_s_own_prompts(prompt: Path, tokenizer: Path, tmp_path: Path) -> None:
    document = yaml.safe_load(CHAT.read_text()) | {"evidence": []}
    document["prompts"] = {
        "budget_tokens": 30,
        "tokenizer": "tokenizer.json",
        "templates": [{"name": "support", "file": "support.txt"}, {"name": "tone", "text": "Hi"}],
    }
    workload = tmp_path / "workload.yaml"
    workload.write_text(yaml.safe_dump(document))
    answer = answered("--workload", workload)
    assert [one["name"] for one in answer["prompts"]] == ["support", "tone"]
    assert answer["total"]["likely"] == 21.0
    assert answer["budget"] == "within"
    document["prompts"]["budget_tokens"] = 5
    workload.write_text(yaml.safe_dump(document))
    run = CliRunner().invoke(main, ["place", str(workload)])
    assert run.exit_code == 2
    assert "the prompts take at least" in " ".join(run.stderr.split())


def test_prompts_over_their_own_budget_are_counted(prompt: Path, tmp_path: Path) -> None:
    document = yaml.safe_load(CHAT.read_text()) | {"evidence": []}
    document["prompts"] = {
        "budget_tokens": 5,
        "templates": [{"name": "support", "file": "support.txt"}],
    }
    workload = tmp_path / "workload.yaml"
    workload.write_text(yaml.safe_dump(document))
    answer = answered("--workload", workload, ends=1)
    assert answer["budget"] == "over"
    assert answer["total"]["likely"] > 5
    assert answer["share"]["usd_month"] > 0
    run = prompts("--workload", workload)
    assert run.exit_code == 1
    assert "over the budget of 5 tokens" in run.output


def test_steps_read_the_prompt_again(prompt: Path, tokenizer: Path) -> None:
    changes = answered(prompt, "--tokenizer", tokenizer, "--steps", "3")["changes"]
    short, split = changes
    assert (short["name"], short["read"], short["read_now"]) == ("shortened", 17.0, 20.0)
    assert (split["read"], split["read_now"]) == (60.0, 20.0)
    assert split["cacheable"] == 14.0 + 2 * 20.0  # the prefix, then all of the step before
    assert split["usd_month"] is None
    assert "no workload says them" in split["assumes"]


def test_steps_cost_what_they_read(prompt: Path, tokenizer: Path) -> None:
    asked = (prompt, "--workload", CHAT, "--tokenizer", tokenizer)
    split = answered(*asked, "--steps", "2")["changes"][-1]
    # 600 tokens are read in each step, and the first half of 200 in the second.
    assert (split["read_now"], split["read"]) == (600.0, 1300.0)
    assert split["cacheable"] == 14.0 + 600.0
    assert split["usd_month"] >= split["usd_month_cached"]
    assert split["time_times"] > split["time_times_cached"] > 0
    assert split["gco2e_month"]["low"] < split["gco2e_month"]["high"]
    assert "times the machine's time" in prompts(*asked, "--steps", "2").output


def test_dollars_are_those_of_the_bill(prompt: Path, tmp_path: Path) -> None:
    # One replica does the work, in one step or in two: nothing is to be paid more.
    document = yaml.safe_load(CHAT.read_text()) | {"evidence": []}
    document["traffic"] |= {"peak_rps": 0.01, "mean_rps": 0.01}
    workload = tmp_path / "workload.yaml"
    workload.write_text(yaml.safe_dump(document))
    split = answered(prompt, "--workload", workload, "--steps", "2")["changes"][-1]
    assert split["replicas_more"] == 0
    assert split["usd_month"] == pytest.approx(0.0, abs=1e-6)
    assert split["time_times"] > 1
    assert "costs as much" in " ".join(prompts(prompt, "--workload", workload, "--steps", "2")
                                       .output.split())  # fmt: skip


def test_only_what_is_before_all_that_varies_is_a_request_s_prefix(
    tokenizer: Path, tmp_path: Path
) -> None:
    first, second = tmp_path / "first.txt", tmp_path / "second.txt"
    first.write_text("{{user}} says hi")
    second.write_text("Be kind and be brief")
    split = ("--tokenizer", tokenizer, "--steps", "2")
    assert answered(first, second, *split)["changes"][-1]["cacheable"] == 7.0
    assert answered(second, first, *split)["changes"][-1]["cacheable"] == 5.0 + 7.0


def test_an_empty_file_is_said_and_no_text_is_refused(tmp_path: Path) -> None:
    empty, binary = tmp_path / "empty.txt", tmp_path / "binary.txt"
    empty.touch()
    said = " ".join(prompts(empty).output.split())
    assert "0 tokens are fixed." in said
    assert "empty.txt is empty." in said
    binary.write_bytes(b"ab\0cd\0")
    assert "no text" in " ".join(prompts(binary).stderr.split())
    short = tmp_path / "short.txt"
    short.write_text("hi {name}\n")
    assert "Shortened" not in prompts(short).output  # the line's end is no saving


def test_the_prompts_of_a_version_in_steps(prompt: Path, tokenizer: Path, tmp_path: Path) -> None:
    first, second = tmp_path / "first.txt", tmp_path / "second.txt"
    first.write_text("Sort this question: {question}")
    second.write_text("Now be brief.")
    steps = ("--step", first, "--step", second)
    split = answered(prompt, "--tokenizer", tokenizer, "--workload", CHAT, *steps)["changes"][-1]
    # 4 + 4 fixed tokens, 580 that vary in the first step, half of the answer in the second
    assert split["read"] == 4 + 4 + 580 + 100
    assert split["cacheable"] == 8.0


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        ((), "no prompt is named"),
        (("{prompt}", "--step", "{prompt}"), "names one file"),
        (("{prompt}", "--step", "{prompt}", "--steps", "2"), "two ways to say the same"),
        (("{prompt}", "--steps", "1"), "--steps"),
        (("gone.txt",), "gone.txt"),
        (("{prompt}", "--tokenizer", "{prompt}"), "is no tokenizer"),
        (("{prompt}", "--before", "{prompt}", "--before", "{prompt}"), "are 2, for 1 files"),
    ],
)
def test_what_is_wrong_is_a_sentence(arguments: tuple[str, ...], says: str, prompt: Path) -> None:
    run = prompts(*(argument.format(prompt=prompt) for argument in arguments))
    assert run.exit_code == 2
    assert says in " ".join(run.stderr.split())
