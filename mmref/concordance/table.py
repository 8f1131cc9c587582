"""The measured rows as a table: one line an implementation, one column a quantity."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from mmref.concordance.compare import Row
from mmref.concordance.formula import BOUNDS, Formula


def tables(
    rows: Sequence[Row], formulas: Iterable[Formula]
) -> Iterator[tuple[Formula, list[str], list[list[str]]]]:
    """Yield (formula, header, lines); a cell reads "absolute (relative)", "!" marks what is over
    the bound, and "failed" what ended in an error."""
    for formula in formulas:
        mine = [row for row in rows if row.formula == formula.name]
        quantities = list(dict.fromkeys(row.quantity for row in mine))
        header = ["compared with the reference", "on", "dtype", "bound"]
        header += [q if q == "value" else f"d {q}" for q in quantities]
        lines: dict[tuple[str, ...], dict[str, str]] = {}
        for row in mine:
            key = (row.implementation, row.backend, row.dtype, f"{row.bound:.0e}")
            size = f"{row.absolute:.0e} ({row.relative:.0e})" + ("" if row.ok else " !")
            cell = f"failed: {row.error}" if row.error else size
            lines.setdefault(key, {})[row.quantity] = cell
        if mine:
            yield (
                formula,
                header,
                [[*k, *(c.get(q, "") for q in quantities)] for k, c in lines.items()],
            )


def as_text(rows: Sequence[Row], formulas: Iterable[Formula]) -> str:
    """Aligned columns for a terminal."""
    blocks = []
    for formula, header, lines in tables(rows, formulas):
        widths = [max(map(len, column)) for column in zip(header, *lines, strict=True)]
        blocks.append(formula.name)
        blocks += [
            "  " + "  ".join(cell.ljust(w) for cell, w in zip(line, widths, strict=True)).rstrip()
            for line in (header, *lines)
        ]
        blocks += _exemptions(rows, formula, "  ")
        blocks.append("")
    return "\n".join(blocks)


def as_markdown(
    rows: Sequence[Row], formulas: Iterable[Formula], versions: Mapping[str, str]
) -> str:
    """The generated part of the book's page."""
    bounds = " and ".join(f"{bound:.0e} in {dtype}" for dtype, bound in BOUNDS.items())
    lines = [
        "<!-- Written by `python -m mmref.concordance --markdown`. Do not edit. -->",
        "",
        "Each cell is the largest absolute difference from the NumPy reference and, in "
        f"parentheses, the largest relative one; both must stay below {bounds} unless the line "
        'says otherwise. "d x" is the gradient with respect to x.',
        "",
        "Measured with "
        + ", ".join(f"{name} {version}" for name, version in versions.items())
        + ".",
        "",
        *_status(rows, versions),
        "",
    ]
    for formula, header, cells in tables(rows, formulas):
        lines += [f"## `{formula.name}`", "", _line(header), _line(["---"] * len(header))]
        lines += [_line([f"`{name}`", *rest]) for name, *rest in cells]
        lines += ["", *_exemptions(rows, formula, ""), ""]
    return "\n".join(lines).rstrip() + "\n"


def _status(rows, versions):
    """For each place where something ran, how many of its lines in the tables below agree."""
    lines: dict[str, dict[tuple[str, ...], bool]] = {}
    for row in rows:
        mine, key = lines.setdefault(row.backend, {}), (row.formula, row.implementation, row.dtype)
        mine[key] = mine.get(key, True) and row.ok
    yield _line(["on", "version", "lines that agree", "lines that do not"])
    yield _line(["---"] * 4)
    for backend, mine in lines.items():
        package = backend.removeprefix("keras on ")
        version = versions.get(package) or versions.get(f"{package}-cpu", "")
        agreed = sum(mine.values())
        yield _line([backend, version, str(agreed), str(len(mine) - agreed)])


def _exemptions(rows, formula, indent):
    """One line for each exemption that a row used."""
    used = {(row.backend, row.dtype) for row in rows if row.formula == formula.name}
    allowed = [("", e) for e in formula.exemptions]
    allowed += [(f"{peer.name}, ", e) for peer in formula.peers for e in peer.exemptions]
    return [
        f"{indent}{who}{e.backend}, {e.dtype}: bound {e.bound:.0e}, because {e.reason}."
        for who, e in allowed
        if (e.backend, e.dtype) in used
    ]


def _line(cells):
    return "| " + " | ".join(cells) + " |"
