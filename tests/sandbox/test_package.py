"""The sandbox as a package: what its wheel has is what the folder has."""

import tomllib
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2] / "sandbox"


def test_the_wheel_has_every_module_of_the_package() -> None:
    project = tomllib.loads((PACKAGE / "pyproject.toml").read_text(encoding="utf-8"))
    included = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    there = {path.name for path in PACKAGE.glob("*.py")}
    there |= {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert included == {name: f"sandbox/{name}" for name in there}
