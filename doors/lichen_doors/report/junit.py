"""What the rules found as JUnit XML: a suite for each file, a case for each verdict.

What blocks is a failure, and a file that cannot be read an error. What only advises, and what
nobody could verify, is a case that was skipped: a platform shows it and stays green. Only what the
schema of Jenkins' xUnit plugin has is written: a line is in the text.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from xml.etree import ElementTree

from lichen_policies.verdict import Report, Skipped, Verdict

from lichen.visible import visible

_DEPLOYMENT = "deployment"
_COUNTED: Mapping[str, str] = {"failures": "failure", "errors": "error"}


def as_junit(report: Report) -> str:
    """A report as one XML document. A run with nothing to say is one case that passed."""
    suites: dict[str, list[ElementTree.Element]] = defaultdict(list)
    for verdict in (*report.findings, *report.unverified, *report.exempted):
        suites[verdict.file or _DEPLOYMENT].append(_of_verdict(verdict))
    for each in report.skipped:
        suites[each.file].append(_of_file(each))
    if not suites:
        suites[_DEPLOYMENT].append(_case("lichen check", _DEPLOYMENT))
    root = ElementTree.Element("testsuites", name="Lichen")
    for file, cases in suites.items():
        suite = ElementTree.SubElement(root, "testsuite", name=visible(file))
        if file != _DEPLOYMENT:
            suite.set("file", visible(file))
        suite.extend(cases)
        _count(suite, cases)
        suite.set("skipped", str(sum(case.find("skipped") is not None for case in cases)))
    _count(root, [case for cases in suites.values() for case in cases])
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True)


def _count(holder: ElementTree.Element, cases: Iterable[ElementTree.Element]) -> None:
    every = list(cases)
    holder.set("tests", str(len(every)))
    for name, result in _COUNTED.items():
        holder.set(name, str(sum(case.find(result) is not None for case in every)))


def _case(name: str, of: str) -> ElementTree.Element:
    return ElementTree.Element("testcase", name=visible(name), classname=visible(of))


def _of_verdict(verdict: Verdict) -> ElementTree.Element:
    resource = verdict.resource.rsplit("::", 1)[-1] or _DEPLOYMENT
    case = _case(f"{verdict.rule}: {resource}", resource)
    message = visible(verdict.message)
    kind = "failure" if verdict.blocks else "skipped"
    result = ElementTree.SubElement(case, kind, type=verdict.severity, message=message)
    if verdict.blocks:
        place = ":".join(str(part) for part in (verdict.file, verdict.line) if part)
        result.text = f"{visible(place)}: {message}" if place else message
    return case


def _of_file(skipped: Skipped) -> ElementTree.Element:
    case = _case("not judged", skipped.file)
    kind = "error" if skipped.broken else "failure" if skipped.blocks else "skipped"
    ElementTree.SubElement(case, kind, message=visible(skipped.words))
    return case
