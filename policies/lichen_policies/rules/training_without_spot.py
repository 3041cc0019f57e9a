"""Training job at the full price that may be interrupted.

Why: A job that writes down its state loses minutes when it is interrupted, not the night. Managed
spot training costs up to 90 % less (SageMaker Developer Guide, Managed Spot Training), and uses
machines that stand idle otherwise, so that fewer are built.

Fix: Switch on spot training, with a longest wait.

Exceptions: Only a job that writes checkpoints is judged, or one whose tags say that it may wait:
any other would begin again. It only advises: a job may have a deadline.

Tags: Without tags it judges jobs with a place for checkpoints. With ``lichen:mode`` batch it judges
any.
"""

from __future__ import annotations

from collections.abc import Iterator

from lichen_policies.facts import Training
from lichen_policies.rule import Change, Finding, Known, NotApplicable, rule


@rule(severity="medium", dev="advisory", staging="advisory", prod="advisory", theme="idle")
def training_without_spot(fact: Training, known: Known) -> Iterator[Finding]:
    passport = fact.if_known.passport
    waits = passport is not None and passport.mode in ("batch", "asynchronous")
    if not waits and not fact.resumes:
        raise NotApplicable("it writes no checkpoints, and no tag says that it may wait")
    if fact.spot:
        return
    why = f"{fact.tag('mode')} says that it may wait" if waits else "the job writes checkpoints"
    yield Finding(
        what=f"{fact.spot_at} is not on, although {why}",
        limit="a job that may be interrupted trains on spare capacity, for up to 90 % less "
        "(SageMaker Developer Guide, Managed Spot Training)",
        changes=(Change(path=fact.spot_at, to=True, why="give a longest wait with it"),),
        path=fact.spot_at,
    )
