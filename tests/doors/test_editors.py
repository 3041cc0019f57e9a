"""`lichen lsp`: a real client opens texts, and is shown mistakes and what is known of a name."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from lichen_doors.editors.documents import about, kind_of, problems
from lichen_doors.editors.fields import TOP, Span
from lsprotocol import types
from pygls.lsp.client import LanguageClient

RIGHT = """\
name: search
model: bge-small-en-v1.5
traffic:
  peak_rps: 20
  mean_rps: 5
  input_tokens: 200
where:
  regions: [eu-north-1]
environment: dev
"""
HERE = Path("search.yaml")


def test_a_mistake_is_marked_where_it_is() -> None:
    def marked(text: str) -> tuple[Span, str]:
        (problem,) = problems(HERE, text)
        return problem

    assert problems(HERE, RIGHT) == []
    span, message = marked(RIGHT.replace("peak_rps: 20", "peak_rps: -20"))
    assert span == Span(3, 12, 3, 15)
    assert message.startswith("traffic.peak_rps: -20 is not a number >= 0")
    span, message = marked(RIGHT.replace("mean_rps", "maen_rps"))
    assert span == Span(4, 2, 4, 10)
    assert "did you mean 'mean_rps'?" in message
    span, message = marked(RIGHT.replace("eu-north-1", "eu-nroth-1"))
    assert (span.line, "did you mean 'eu-north-1'?" in message) == (7, True)
    span, message = marked(RIGHT.replace("  peak_rps: 20\n", ""))
    assert (span.line, "is required" in message) == (2, True)
    span, message = marked("name: [\n$schema: workload.json\n")
    assert span.line == 2


def test_every_mistake_is_marked_at_once(tmp_path: Path) -> None:
    wrong = RIGHT.replace("mean_rps", "maen_rps")
    wrong = wrong.replace("[eu-north-1]", "[eu-nroth-1, eu-west-1, us-esat-1]")
    wrong += "latency: {p95: 300, time_to_first_token_ms: -1}\nevidence: [absent.json]\n"
    wrong += "prompts:\n  templates:\n    - {name: a, file: nofile.txt}\n"
    found = problems(tmp_path / "search.yaml", wrong)
    marked = {(each.span.line, each.span.character): each.message for each in found}
    assert [place for place, _ in sorted(marked.items())] == [
        *((4, 2), (7, 12), (7, 35), (9, 10), (9, 44), (10, 11), (13, 22))
    ]
    # What is required and wrong stops what depends on it; what else is wrong by itself is marked.
    found = problems(tmp_path / "search.yaml", wrong.replace("name: search", "name: 'Search it'"))
    assert {(0, 6), (4, 2), (9, 10), (9, 44)} <= {
        (each.span.line, each.span.character) for each in found
    }
    assert marked[9, 10].startswith("latency.p95: 'p95' is not a field")
    assert marked[7, 35].startswith("where.regions[2]: 'us-esat-1' is not a known region")
    assert marked[10, 11].startswith("evidence[0]: names absent.json, which cannot be read")
    assert marked[13, 22].startswith("prompts.templates[0].file: names nofile.txt, which cannot")


def test_what_is_wrong_in_a_file_that_a_workload_names_is_marked_at_its_name(
    tmp_path: Path,
) -> None:
    (tmp_path / "record.json").write_text('{"model": 3}')
    text = RIGHT + "evidence:\n  - record.json\n"
    (problem,) = problems(tmp_path / "search.yaml", text)
    assert problem.span == Span(10, 4, 10, 15)
    assert problem.message.startswith(f"{tmp_path / 'record.json'}: ")


def test_a_text_that_does_not_parse_is_marked_too() -> None:
    (problem,) = problems(HERE, RIGHT.replace("name: search", "name: 'search"))
    assert problem.message.startswith("does not parse")
    assert problem.span.line > 0


def test_a_field_is_explained_in_a_folder_with_own_rules(tmp_path: Path) -> None:
    (tmp_path / "lichen.yaml").write_text("rules: [own.py]\n")
    (tmp_path / "own.py").write_text("raise SystemExit(1)\n")
    assert about(tmp_path / "search.yaml", RIGHT, 3, 4).startswith("**traffic.peak_rps**")


def test_a_text_that_is_nothing_of_lichen_s_has_no_mistakes() -> None:
    assert kind_of(Path("values.yaml"), "name: x\nimage: y\n") is None
    assert problems(Path("values.yaml"), "name: [") == []
    assert problems(Path("notes.txt"), RIGHT.replace("20", "-20")) == []
    assert about(Path("values.yaml"), "name: x\n", 0, 1) == ""


def test_the_configuration_is_checked_while_it_is_typed(tmp_path: Path) -> None:
    path, text = tmp_path / "lichen.yaml", "levels:\n  dirty-regoin: advisory\n"
    (problem,) = problems(path, "levles: {}\n")
    assert "did you mean 'levels'?" in problem.message
    for saved in (None, text, "levels: {}\n", "["):
        if saved is not None:
            path.write_text(saved)
        (problem,) = problems(path, text)
        assert "did you mean 'dirty-region'?" in problem.message
        assert problem.span.line == 1
    (problem,) = problems(path, "regions: [eu-nroth-1]\n")
    assert "did you mean 'eu-north-1'?" in problem.message
    (problem,) = problems(path, "limits:\n  dirty-region: {grams: 1}\n")
    assert problem.span.line == 1


def test_a_path_that_is_being_typed_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "lichen.yaml"
    path.write_text("levels: {}\n")
    assert problems(path, "extends: ../els\nlevels: {own-rule: advisory}\n") == []
    path.write_text("extends: absent.yaml\n")
    (problem,) = problems(path, "extends: absent.yaml\nlevels: {}\n")
    assert "there is no file of that path" in problem.message


def test_a_pointer_shows_more_of_each_field_than_its_name() -> None:
    shown = about(HERE, RIGHT, 3, 4)
    assert "A number, at least 0" in shown
    assert "peak" in shown.splitlines()[2]
    for line, character in ((1, 2), (5, 4), (7, 4)):
        assert len(about(HERE, RIGHT, line, character).splitlines()) > 2
    text = "extends: a.yaml\nlevels: {}\nregions: []\n"
    for line in range(3):
        shown = about(Path("lichen.yaml"), text, line, 2)
        assert len(shown.splitlines()) > 2
        assert "``" not in shown


def test_a_pointer_shows_a_field_a_region_and_a_rule(tmp_path: Path) -> None:
    assert "eu-north-1" in about(HERE, RIGHT, 7, 14)
    assert "g CO2e" in about(HERE, RIGHT, 7, 14).replace("gCO2e", "g CO2e")
    environment = about(HERE, RIGHT, 8, 2)
    assert "**environment**" in environment
    assert "`prod`" in environment
    rule = about(tmp_path / "lichen.yaml", "levels:\n  dirty-region: advisory\n", 1, 4)
    assert "Why" in rule
    assert about(HERE, RIGHT, 40, 0) == ""
    assert TOP.line == 0


def test_an_editor_is_shown_both(tmp_path: Path) -> None:
    text = RIGHT.replace("peak_rps: 20", "peak_rps: -20")
    uri = (tmp_path / "search.yaml").as_uri()

    async def whole() -> None:
        client = LanguageClient("an-editor", "1")
        shown: list[types.PublishDiagnosticsParams] = []
        came = asyncio.Event()

        @client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def published(params: types.PublishDiagnosticsParams) -> None:
            shown.append(params)
            came.set()

        async def next_shown() -> list[str]:
            await asyncio.wait_for(came.wait(), 60)
            came.clear()
            return [each.message for each in shown[-1].diagnostics]

        await client.start_io(sys.executable, "-m", "lichen_doors.command", "lsp")
        await client.initialize_async(
            types.InitializeParams(capabilities=types.ClientCapabilities(), root_uri=None)
        )
        client.initialized(types.InitializedParams())
        client.text_document_did_open(
            types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "yaml", 1, text))
        )
        (message,) = await next_shown()
        assert "-20" in message
        client.text_document_did_change(
            types.DidChangeTextDocumentParams(
                types.VersionedTextDocumentIdentifier(2, uri),
                [types.TextDocumentContentChangeWholeDocument(RIGHT)],
            )
        )
        assert await next_shown() == []
        hover = await client.text_document_hover_async(
            types.HoverParams(types.TextDocumentIdentifier(uri), types.Position(7, 14))
        )
        assert hover is not None
        assert "eu-north-1" in str(hover.contents)
        await client.shutdown_async(None)
        client.exit(None)
        await client.stop()

    asyncio.run(whole())
