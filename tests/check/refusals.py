"""How an answer is refused: what all messages have in common."""

from mmref.check import check


def refused(answer, name, *words):
    """What is told, on one line, of an answer that is no right one; the words must be in it."""
    result = check(answer, name)
    assert not result.passed
    lines = result.message.splitlines()
    told = " ".join(result.message.split())
    for expected in words:
        assert expected in told, f"{expected!r} is not in\n{result}"
    assert lines[0] == f"{name}: not yet"
    assert 3 <= len(lines) <= 8 and max(map(len, lines)) <= 92 and "\x1b" not in told
    return told
