"""The reports of ``lichen check`` on a merge request of GitLab: one comment of each job, which a
later run renews, and each suggestion once. The job of doors/pipelines/gitlab.yml runs ``python -m
lichen_doors.gitlab`` after the check.

It sends what is in the reports to the GitLab that runs the job, with the token that
``LICHEN_GITLAB_TOKEN`` has, and follows no redirect with it.
"""

from __future__ import annotations

import json
import os
import re
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from lichen.visible import visible
from lichen_doors.report.markdown import unjudged

TIMEOUT_S = 30
LEFT = unjudged("The check left no report. The job's log says why.")
_HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@")
_MARK = "<!-- lichen job {} -->"
_WANTED = ("CI_API_V4_URL", "CI_PROJECT_ID", "CI_MERGE_REQUEST_IID")


class Refused(Exception):
    """GitLab does not take what it is sent; says why."""


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    """A redirect would carry the token to another address."""

    def redirect_request(self, *_arguments: object, **_options: object) -> None:
        return None


_OPENER = urllib.request.build_opener(_NoRedirect)


class MergeRequest(NamedTuple):
    """A merge request as GitLab's interface has it, and the token that may write to it."""

    address: str
    token: str
    api: str
    """The address of GitLab's interface, of which the merge request is a part."""

    def every(self, of: str) -> Iterator[dict[str, Any]]:
        """All entries of a list, page by page."""
        page = "1"
        while page:
            found, page = self._sent("GET", f"{of}?per_page=100&page={page}")
            yield from found

    def read(self) -> dict[str, Any]:
        """The merge request itself."""
        found: dict[str, Any] = self._sent("GET", "")[0]
        return found

    def user(self) -> object:
        """Who the token is of, by number: its notes are the ones that it may change."""
        return self._sent("GET", "/user", of=self.api)[0].get("id")

    def write(self, to: str, content: Mapping[str, object], method: str = "POST") -> None:
        """Create something, or change it. Raises :class:`Refused`."""
        self._sent(method, to, content)

    def _sent(
        self,
        method: str,
        path: str,
        content: Mapping[str, object] | None = None,
        *,
        of: str | None = None,
    ) -> tuple[Any, str]:
        """The answer, and the page after it."""
        request = urllib.request.Request(
            f"{self.address if of is None else of}{path}",
            data=None if content is None else json.dumps(content).encode(),
            headers={"PRIVATE-TOKEN": self.token, "Content-Type": "application/json"},
            method=method,
        )
        try:
            with _OPENER.open(request, timeout=TIMEOUT_S) as answer:
                return json.load(answer), answer.headers.get("X-Next-Page", "")
        except urllib.error.HTTPError as error:
            raise Refused(f"GitLab answers {error.code} to {method} {path or '/'}") from None
        except (OSError, ValueError) as error:
            why = getattr(error, "reason", None) or type(error).__name__
            raise Refused(f"GitLab does not answer ({why})") from None


def comment(request: MergeRequest, text: str, notes: Sequence[Mapping[str, Any]]) -> None:
    """Write the report as the comment of this job, or renew the one that is there."""
    mark = _MARK.format(visible(os.environ.get("CI_JOB_NAME", "")).replace("--", "- -"))
    user, body = request.user(), f"{mark}\n{text}"
    there = next((each["id"] for each in notes if _is_own(each, user, mark)), None)
    if there is None:
        request.write("/notes", {"body": body})
    else:
        request.write(f"/notes/{there}", {"body": body}, method="PUT")


def _is_own(note: Mapping[str, Any], user: object, mark: str) -> bool:
    """Whether a note is by the token's own user, and of this job."""
    author = note.get("author")
    by = author.get("id") if isinstance(author, Mapping) else None
    return by == user and str(note.get("body")).startswith(f"{mark}\n")


def suggest(
    request: MergeRequest, suggestions: Sequence[Mapping[str, Any]], notes: Sequence[Any]
) -> Iterator[str]:
    """Write each suggestion that is not there yet on its line; yield a sentence for each that is
    left out, since the merge request does not show its line."""
    there = {str(each.get("body")).partition("\n")[0] for each in notes}
    left = [each for each in suggestions if each["body"].partition("\n")[0] not in there]
    if not left:
        return
    commits = request.read().get("diff_refs") or {}
    shown = {
        (diff["new_path"], new): (diff["old_path"], old)
        for diff in request.every("/diffs")
        for new, old in _lines(diff.get("diff") or "")
    }
    for each in left:
        place = f"{visible(each['path'])}:{each['line']}"
        if (each["path"], each["line"]) not in shown:
            yield f"The merge request does not show {place}, so no change is suggested there"
            continue
        old_path, old_line = shown[each["path"], each["line"]]
        position = {
            "position_type": "text",
            **{name: commits.get(name) for name in ("base_sha", "start_sha", "head_sha")},
            "new_path": each["path"],
            "old_path": old_path,
            "new_line": each["line"],
            **({} if old_line is None else {"old_line": old_line}),
        }
        try:
            request.write("/discussions", {"body": each["body"], "position": position})
        except Refused as refused:
            yield f"No change is suggested in {place}: {refused}"


def _lines(diff: str) -> Iterator[tuple[int, int | None]]:
    """The new lines that a diff shows, each with the old one; None of a line that is added."""
    old = new = 0
    for line in diff.splitlines():
        if hunk := _HUNK.match(line):
            old, new = int(hunk[1]), int(hunk[2])
        elif line.startswith("+"):
            yield new, None
            new += 1
        elif line.startswith("-"):
            old += 1
        elif not line.startswith("\\"):  # what says that no newline is at the end
            yield new, old
            old, new = old + 1, new + 1


def main() -> None:
    """Write the reports of ``LICHEN_REPORTS``. Ends with 1 where GitLab takes no comment."""
    variables = {name: os.environ.get(name, "") for name in _WANTED}
    token = os.environ.get("LICHEN_GITLAB_TOKEN", "")
    reports = Path(os.environ.get("LICHEN_REPORTS") or "lichen-report")
    report, written = reports / "lichen.md", reports / "lichen-gitlab-suggestions.jsonl"
    if not all(variables.values()):
        _say("This is no pipeline of a merge request: nothing is written to one")
        return
    if not token:
        _say("LICHEN_GITLAB_TOKEN is not set: nothing is written to the merge request")
        return
    address, project, number = variables.values()
    request = MergeRequest(f"{address}/projects/{project}/merge_requests/{number}", token, address)
    try:
        notes = list(request.every("/notes"))
        comment(request, report.read_text(encoding="utf-8") if report.is_file() else LEFT, notes)
        lines = written.read_text(encoding="utf-8").splitlines() if written.is_file() else []
        for sentence in suggest(request, [json.loads(line) for line in lines], notes):
            _say(sentence)
    except Refused as refused:
        _say(f"{refused}: the token needs the scope api and the role Developer")
        sys.exit(1)


def _say(sentence: str) -> None:
    sys.stderr.write(f"lichen: {sentence}.\n")


if __name__ == "__main__":
    main()
