"""``python -m mmref.bundle PATH image.png --text "a red star"``: predictions as a table."""

import argparse
import sys
from collections.abc import Sequence

from mmref.bundle.predicting import FRAMEWORKS, predicted
from mmref.bundle.rows import read_rows
from mmref.bundle.storing import read

DESCRIPTION = (
    "Predict. Rows are counted from 1; a line is one of the table's file, header included."
)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a row for each image, text or row of a table; 1, with a line that says why not."""
    parser = argparse.ArgumentParser(prog="python -m mmref.bundle", description=DESCRIPTION)
    parser.add_argument("path", help="the folder that mmref.torch.save or mmref.keras.save wrote")
    parser.add_argument("images", nargs="*", metavar="image", help='a file; "" for a row without')
    parser.add_argument("--text", action="append", help='a caption; again for the next row; or ""')
    parser.add_argument(
        "--table",
        metavar="FILE",
        help="CSV with the columns of the training's table, a prediction for each row; images may "
        'stand in a column "image", relative to the file, and texts in "caption"',
    )
    parser.add_argument("--delimiter", help="between the cells of the table, where it is no comma")
    parser.add_argument("--framework", choices=FRAMEWORKS, help="default: the one that saved it")
    parser.add_argument("--weights", action="store_true", help="also how much each modality counts")
    asked = parser.parse_args(arguments)
    try:
        given = _given(asked)
        found = predicted(asked.path, given, 1, asked.framework, asked.weights)
    except (ImportError, TypeError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    files = (given["images"] or {}) | given.get("sounds", {})
    shown = {m: [x and str(x) for x in paths] for m, paths in files.items()}
    shown["text"] = given["texts"]
    print(_table(shown, found, numbered=asked.table is not None))
    return 0


def _given(asked):
    """What ``predict`` is given; what nobody gave, and what nobody reads, is told."""
    bundle = read(asked.path)
    given = {"images": {}, "texts": None}
    if asked.table is not None:
        rows, unread, lacking = read_rows(bundle, asked.table, asked.delimiter)
        given |= rows
        if unread:
            hint = f"; not found: {', '.join(lacking)}" if lacking else ""
            print(f"columns not read: {', '.join(unread)}{hint}", file=sys.stderr)
    if asked.images:
        given["images"]["image"] = [image or None for image in asked.images]
    given["texts"] = asked.text or given["texts"]
    there = {
        "image",
        "text",
        *given["images"],
        *given.get("sounds", ()),
        *(given.keys() & {"table"}),
    }
    if others := [m for m in bundle.modalities if m not in there]:
        absent = f"absent in every row: {', '.join(others)}"
        print(f"{absent} (--table takes them, and mmref.bundle.predict)", file=sys.stderr)
    given["images"] = given["images"] or None
    return given


def _table(given, found, numbered):
    """One line for each row: what was given, the label, its probability, the weights."""
    answers = _answers(found)
    count = len(next(iter(answers.values())))
    columns = {"row": [str(k) for k in range(1, count + 1)]} if numbered else {}
    columns |= {name: [x or "-" for x in rows] for name, rows in given.items() if rows}
    columns |= answers
    for m, shares in (found.weights or {}).items():
        columns[f"weight of {m}"] = [f"{share:.3f}" for share in shares]
    widths = [max(map(len, [name, *cells])) for name, cells in columns.items()]
    lines = [list(columns), *zip(*columns.values(), strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    )


def _answers(found):
    if found.values is not None:
        return {
            f"value {k}": [f"{value:.4g}" for value in column]
            for k, column in enumerate(found.values.T)
        }
    several = [row if isinstance(row, tuple) else (row,) for row in found.labels]
    number = {label: k for k, label in enumerate(found.classes)}
    pairs = zip(several, found.probabilities, strict=True)
    chosen = [[f"{row[number[label]]:.3f}" for label in labels] for labels, row in pairs]
    return {
        "label": [", ".join(labels) or "-" for labels in several],
        "probability": [", ".join(numbers) or "-" for numbers in chosen],
    }


if __name__ == "__main__":
    sys.exit(main())
