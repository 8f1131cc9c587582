"""The measured rows as a table: one line an implementation, one column a quantity."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from mmref.concordance.compare import Row
from mmref.concordance.formula import BOUNDS, Formula


def tables(
    rows: Sequence[Row], formulas: Iterable[Formula]
) -> Iterator[tuple[Formula, list[str], list[list[str]]]]:
    """Yield (formula, header, lines); a cell reads "absolute (relative)", "!" marks a failure."""
    for formula in formulas:
        mine = [row for row in rows if row.formula == formula.name]
        quantities = list(dict.fromkeys(row.quantity for row in mine))
        header = ["compared with the reference", "on", "dtype", "bound"]
        header += [q if q == "value" else f"d {q}" for q in quantities]
        lines: dict[tuple[str, ...], dict[str, str]] = {}
        for row in mine:
            key = (row.implementation, row.backend, row.dtype, f"{row.bound:.0e}")
            cell = f"{row.absolute:.0e} ({row.relative:.0e})" + ("" if row.ok else " !")
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
    ]
    for formula, header, cells in tables(rows, formulas):
        lines += [f"## `{formula.name}`", "", _line(header), _line(["---"] * len(header))]
        lines += [_line([f"`{name}`", *rest]) for name, *rest in cells]
        lines += ["", *_exemptions(rows, formula, ""), ""]
    return "\n".join(lines).rstrip() + "\n"


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
