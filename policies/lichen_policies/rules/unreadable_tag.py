"""Tag of Lichen's that cannot be read.

Why: The ``lichen:*`` tags say what a resource serves, and the rules about size judge by them. A tag
that is misspelt says nothing, and nobody notices.

Fix: Correct the tag as the message says.

Exceptions: Tags without the prefix ``lichen:`` (``lichen-`` on Google Cloud) are not read. The
other tags of the resource still count. A message names the tag and never repeats its value. Tags
that come whole by a variable or a reference may hold anything: it says nothing of them, and the
rules that need a tag are unverified. A single tag of Lichen's whose value is not known leaves it
unverified.

Tags: It reads every tag of Lichen's, and finds nothing without one.
"""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts import DeclaredTags
from lichen_policies.rule import Finding, Known, rule


@rule(severity="low", dev="advisory", staging="advisory", prod="advisory", theme="governance")
def unreadable_tag(fact: DeclaredTags, known: Known) -> Iterator[Finding]:
    for mistake in fact.mistakes or ():
        yield Finding(
            what=f"the {fact.tag_word} {mistake.field} {mistake.wrong}",
            limit=f"Lichen's {fact.tag_word}s must be such as the rules can read",
            or_else=mistake.fix.rstrip("?")
            if mistake.fix
            else f"correct or remove {mistake.field}",
            path=fact.path,
        )
