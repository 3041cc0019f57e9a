"""Every rule's page as it is shipped, kept beside the rules: a list of rules loads none."""

from __future__ import annotations

from pathlib import Path

from lichen_policies.kept import keep_text, kept_text
from lichen_policies.rule_files import FOLDER, rule_files

_WRITERS = ("kept_pages.py", "rule_pages.py", "rules.py")
"""What writes the pages, beside the rules' own files."""


def pages_as_shipped() -> str:
    """Every rule's page where no lichen.yaml holds, as JSON. It is kept while no file changes that
    it is made of."""
    files = rule_files(*(str(Path(__file__).with_name(name)) for name in _WRITERS))
    text = kept_text(FOLDER, "pages", files)
    if text is None:
        from lichen_policies.configuration import read
        from lichen_policies.gate import Gate

        from lichen_doors.report import for_programs, rules

        checksum, gate = files.checksum, Gate(read(None))
        text = for_programs(rules.pages(gate)).encode()
        if not any(rule.mistake for rule in gate.rules().values()):
            keep_text(FOLDER, "pages", checksum, text)
    return text.decode()
