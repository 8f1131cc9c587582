"""What all tests share."""

import sys
from pathlib import Path

import hypothesis
import pytest

from mmref.seeding import seed_everything

ROOT = Path(__file__).resolve().parent.parent

# Programs for processes of their own: tests give them what they read. No place for doctests.
collect_ignore_glob = ["*/programs/*"]

# No test fails for time: another process may be using the machine.
hypothesis.settings.register_profile(
    "unhurried", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("unhurried")


@pytest.fixture(scope="session")
def root() -> Path:
    """The project's top folder."""
    return ROOT


@pytest.fixture(autouse=True)
def without_keras(request, monkeypatch):
    """A comparison that is not repeated on each backend of Keras cannot import it.

    Comparisons are the concordance's own tests, but for those of its command and of its places, and
    a family's mutants and published vectors.
    """
    folder, kind = request.path.parent.name, request.path.stem
    if folder == "concordance":
        compares = kind not in ("test_command", "test_where")
    else:
        compares = kind.endswith(("_mutants", "_vectors")) and folder != "check"
    if compares and not request.node.get_closest_marker("each_backend"):
        for name in ("keras", "mmref.keras"):
            monkeypatch.setitem(sys.modules, name, None)


@pytest.fixture(autouse=True)
def seeded():
    """Every test starts from the same random numbers."""
    seed_everything(0)
