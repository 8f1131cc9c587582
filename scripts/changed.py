"""Run what the changes since the branch ``main`` touch, and say why (``make changed``).

A file of a family of operations asks for the family, and for those that build on it; a notebook,
for itself; a file of tests, for itself; what tests of a family share, for the folders that use it,
and answers to a family's exercises for the family; any other file of the package or the tests is
shared by all, and asks for everything but the notebooks.
"""

import argparse
import re
import subprocess
import sys
from dataclasses import dataclass, field

from scripts.notebooks import ROOT
from scripts.selection import families

# Files that belong to no family, and what each asks for: paths of tests, or the stage "pages".
ELSEWHERE = {
    r"mmref/data/": ["tests/data"],
    r"mmref/bundle/|mmref/(torch|keras)/bundle": ["tests/bundle"],
    r"mmref/(torch|keras)/__init__": ["tests/house"],  # names, which the family's own tests use
    r"book/|_config\.yml|_toc\.yml": ["pages"],
    r"benchmarks/studies/|scripts/train_": ["tests/studies", "tests/house", "tests/book"],
    r"[^/]+$|\.ci/|\.github/|scripts/|benchmarks/": ["tests/house", "tests/book"],
}
BACKENDS = ["keras-on-torch", "keras-on-jax"]
EVERYTHING = "everything but the notebooks"


@dataclass
class Plan:
    """What to run, each with the reason."""

    reasons: dict[str, str] = field(default_factory=dict)

    def add(self, what: str, why: str) -> None:
        self.reasons.setdefault(what, why)

    def commands(self) -> list[list[str]]:
        """The calls of make."""
        asked = [what for what in self.reasons if what not in ("pages", EVERYTHING)]
        only = f"ONLY={' '.join(asked)}"
        calls = [["lint"]]
        if EVERYTHING in self.reasons:
            calls.append(["tests", *BACKENDS])
        elif asked:
            calls.append(["tests", *BACKENDS, only])
        if asked:
            calls.append(["notebooks", only])
        if EVERYTHING in self.reasons or "pages" in self.reasons:
            calls.append(["pages"])
        return calls


def plan(paths: list[str]) -> Plan:
    """What the changed files ask for."""
    made = Plan()
    for path in paths:
        stem = re.sub(r"\.(md|ipynb)$", "", path)
        if re.fullmatch(r"notebooks/practice/\w+\.py", path):  # the service that a page writes
            made.add("tests/serving", path)
        elif path.startswith("notebooks/"):
            made.add(f"{stem}.ipynb", path)
            made.add("pages", path)
        elif re.fullmatch(r"tests/(.*/)?test_\w+\.py", path):
            if (ROOT / path).exists():
                made.add(path, "changed itself")
        elif path.startswith("tests/") and (folders := folders_with(path)):
            for folder in folders:
                made.add(folder, f"uses {path}")
        elif path.startswith("tests/check/answers/") and (family := family_of(path)):
            made.add(family, path)
        elif path.startswith("mmref/") and (family := family_of(path)):
            made.add(family, path)
            if path.startswith("mmref/data/"):  # what a family is trained on
                made.add("tests/data", path)
            for user in users(family):
                made.add(user, f"builds on {family}: {path}")
        else:
            for what in elsewhere(path):
                made.add(what, path)
    return made


def elsewhere(path: str) -> list[str]:
    """What a file that belongs to no family asks for."""
    for pattern, asked in ELSEWHERE.items():
        if re.match(pattern, path):
            return asked
    return [EVERYTHING]


def family_of(path: str) -> str | None:
    """The family that a file belongs to: by its name, or its folder's."""
    parts = re.sub(r"\.py$", "", path).split("/")[1:]
    found = [part.lstrip("_") for part in parts if part.lstrip("_") in families()]
    return found[0] if found else None


def folders_with(path: str) -> list[str]:
    """The folders of tests that use what stands beside a family's tests: its own, and others."""
    folder = path.split("/")[1]
    if folder not in families():
        return []
    taken = f"from {path.removesuffix('.py').replace('/', '.')} import "
    files = (ROOT / "tests").glob("*/*.py")
    found = {file.parent.name for file in files if taken in file.read_text(encoding="utf-8")}
    return [f"tests/{name}" for name in sorted({folder, *found})]


def users(family: str) -> list[str]:
    """The families whose files import those of this one, directly or through another."""
    found, waiting = set(), [family]
    while waiting:
        imported = re.compile(rf"\bmmref(\.\w+)*\._?{waiting.pop()}\b")
        for path in (ROOT / "mmref").rglob("*.py"):
            user = family_of(path.relative_to(ROOT).as_posix())
            if user and user not in found and imported.search(path.read_text(encoding="utf-8")):
                found.add(user)
                waiting.append(user)
    return sorted(found - {family})


def changed(base: str) -> list[str]:
    """The files that differ from where this branch left the base, committed or not."""
    asked = (
        ["diff", "--name-only", f"{base}...HEAD"],
        ["diff", "--name-only", "HEAD"],
        ["ls-files", "--others", "--exclude-standard"],
    )
    found = (subprocess.check_output(["git", *a], cwd=ROOT, text=True) for a in asked)
    return sorted(set("".join(found).splitlines()))


def main() -> int:
    """Print the plan, then run it; the first failure stops the run."""
    parser = argparse.ArgumentParser(prog="python -m scripts.changed", description=__doc__)
    parser.add_argument("base", nargs="?", default="main", help="the branch to compare with")
    made = plan(changed(parser.parse_args().base))
    for what, why in made.reasons.items():
        print(f"{what:40} because of {why}" if "/" in why else f"{what:40} {why}")
    for call in made.commands():
        print("make", *call, flush=True)
        if status := subprocess.run(["make", *call], cwd=ROOT).returncode:
            return status
    return 0


if __name__ == "__main__":
    sys.exit(main())
