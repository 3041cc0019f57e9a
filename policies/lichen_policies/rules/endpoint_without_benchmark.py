"""Endpoint whose size rests on no measurement.

Why: A prediction of speed is off by a quarter for half of the models, and by more than two for one
in six (docs/accuracy.md). A benchmark of an hour narrows that, and usually saves a machine.

Fix: Measure the model, on its machine or first on your own, write the result as a benchmark record
(``lichen bench``), and name its file in the workload's ``evidence`` or in the tag
``lichen:evidence``.

Exceptions: It only advises: whether a measurement is worth its time is the team's decision. Set its
level in lichen.yaml to require one. The record itself is not read at deployment: ``lichen place``
reads it, and says how little carries over where it is of another machine. One of your own machine
is enough here: it shows that the model runs, and how far the prediction is off. Endpoints that
declare no model are not judged.

Tags: It needs ``lichen:model``, and is quiet with ``lichen:evidence``.
"""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts import Serving
from lichen_policies.rule import Finding, Known, NotApplicable, rule


@rule(severity="low", dev="advisory", staging="advisory", prod="advisory", theme="evidence")
def endpoint_without_benchmark(fact: Serving, known: Known) -> Iterator[Finding]:
    passport = fact.declared("model")
    if passport is None:
        raise NotApplicable("the lichen:* tags declare no model")
    if fact.shadow:
        raise NotApplicable("a shadow variant is itself a measurement")
    if not passport.evidence:
        yield Finding(
            what=f"the {fact.tag_word}s name no benchmark of the model",
            limit="a size should rest on a measurement",
            or_else=f"measure it, and name the record in the workload's evidence or in the "
            f"{fact.tag_word} {fact.tag('evidence')}",
            path=fact.machine_at or fact.path,
        )
