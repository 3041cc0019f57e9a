"""The language server: an editor opens, changes and saves a text, and is shown what is wrong."""

from __future__ import annotations

from pathlib import Path

from lsprotocol import types
from pygls import uris
from pygls.lsp.server import LanguageServer

from lichen import __version__
from lichen_doors.editors import documents
from lichen_doors.editors.fields import Span


def server() -> LanguageServer:
    """The server, with diagnostics and hovers."""
    lsp = LanguageServer("lichen", __version__)

    def judge(uri: str) -> None:
        path, text = _path(uri), lsp.workspace.get_text_document(uri).source
        lsp.text_document_publish_diagnostics(
            types.PublishDiagnosticsParams(
                uri,
                [
                    types.Diagnostic(
                        _range(problem.span),
                        problem.message,
                        severity=types.DiagnosticSeverity.Error,
                        source="lichen",
                    )
                    for problem in documents.problems(path, text)
                ],
            )
        )

    @lsp.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(params: types.DidOpenTextDocumentParams) -> None:
        judge(params.text_document.uri)

    @lsp.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(params: types.DidChangeTextDocumentParams) -> None:
        judge(params.text_document.uri)

    @lsp.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def saved(params: types.DidSaveTextDocumentParams) -> None:
        judge(params.text_document.uri)

    @lsp.feature(types.TEXT_DOCUMENT_HOVER)
    def hovered(params: types.HoverParams) -> types.Hover | None:
        uri = params.text_document.uri
        text = lsp.workspace.get_text_document(uri).source
        at = params.position
        about = documents.about(_path(uri), text, at.line, at.character)
        if not about:
            return None
        return types.Hover(types.MarkupContent(types.MarkupKind.Markdown, about))

    return lsp


def _path(uri: str) -> Path:
    """The path of a text that may not be saved yet."""
    return Path(uris.to_fs_path(uri) or uri)


def _range(span: Span) -> types.Range:
    return types.Range(
        types.Position(span.line, span.character),
        types.Position(span.end_line, span.end_character),
    )
