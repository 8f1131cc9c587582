"""``python -m mmref.bundle PATH image.png --text "a red star"``: predictions as a table."""

import argparse
import sys
from collections.abc import Sequence

from mmref.bundle.predicting import FRAMEWORKS, predict
from mmref.bundle.storing import read


def main(arguments: Sequence[str] | None = None) -> int:
    """Print a row for each image and text; 1, with a line that says why, where none can be."""
    parser = argparse.ArgumentParser(prog="python -m mmref.bundle", description="Predict.")
    parser.add_argument("path", help="the folder that mmref.torch.save or mmref.keras.save wrote")
    parser.add_argument("images", nargs="*", metavar="image", help='a file; "" for a row without')
    parser.add_argument("--text", action="append", help='a caption; again for the next row; or ""')
    parser.add_argument("--framework", choices=FRAMEWORKS, help="default: the one that saved it")
    parser.add_argument("--weights", action="store_true", help="also how much each modality counts")
    asked = parser.parse_args(arguments)
    images = [image or None for image in asked.images] or None
    try:
        found = predict(
            asked.path, images, asked.text, framework=asked.framework, weights=asked.weights
        )
    except (ImportError, TypeError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    if others := [m for m in read(asked.path).modalities if m not in ("image", "text")]:
        absent = f"absent in every row: {', '.join(others)}"
        print(f"{absent} (mmref.bundle.predict in Python takes them)", file=sys.stderr)
    print(_table({"image": images, "text": asked.text}, found))
    return 0


def _table(given, found):
    """One line for each row: what was given, the label, its probability, the weights."""
    columns = {name: [x or "-" for x in rows] for name, rows in given.items() if rows}
    columns |= _answers(found)
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
