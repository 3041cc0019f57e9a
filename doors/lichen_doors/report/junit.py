"""What the rules found as JUnit XML: a suite for each file, a case for each verdict.

What blocks is a failure, and a file that cannot be read an error. What only advises, and what
nobody could verify, is a case that was skipped: a platform shows it and stays green.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from xml.etree import ElementTree

from lichen_policies.verdict import Report, Skipped, Verdict

from lichen.visible import visible

_DEPLOYMENT = "deployment"
_COUNTED: Mapping[str, str] = {"failures": "failure", "errors": "error", "skipped": "skipped"}


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
        suite.extend(cases)
        _count(suite, cases)
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
    if verdict.file is not None:
        case.set("file", visible(verdict.file))
    if verdict.line is not None:
        case.set("line", str(verdict.line))
    if verdict.blocks:
        result = ElementTree.SubElement(case, "failure", type=verdict.severity)
        result.text = visible(verdict.message)
    else:
        result = ElementTree.SubElement(case, "skipped")
    result.set("message", visible(verdict.message))
    return case


def _of_file(skipped: Skipped) -> ElementTree.Element:
    case = _case("not judged", skipped.file)
    kind = "error" if skipped.broken else "skipped"
    ElementTree.SubElement(case, kind, message=visible(skipped.words))
    return case
