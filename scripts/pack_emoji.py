"""Pack two emoji sets, with names in two languages, into ``mmref/data/emoji``.

    python scripts/pack_emoji.py --cache DIR [--output DIR]

The three npm packages are taken from the cache when their checksum fits, and otherwise fetched
with ``npm pack``. The output depends on them alone, so a second run writes the same bytes.
Needs NumPy, Pillow and, to fetch, npm.
"""

import argparse
import hashlib
import io
import json
import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import numpy as np
from emoji_concepts import assign_folds, find_concepts
from PIL import Image

PACKAGES = {
    "emoji-datasource-twitter-16.0.0": (
        "f64a530c63bca463bd8317fdc4615ce63a53a0c65018e4ce2d848aaba7a28877"
    ),
    "emoji-datasource-google-16.0.0": (
        "fb5fd131b362aab7a55542d2a147a79708cce0a8b1c1bbacd470172708b5c438"
    ),
    "emojibase-data-17.0.0": "d01d0e2ca4e22cb402679532155342c71e2e871f25c32223c013b8b166ebdf5a",
}
FLAGS = "Flags"
COLUMNS = "code character group subgroup concept fold name_en name_zh tags_en tags_zh".split()


def sha256(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def fetch(package, cache):
    """Return the package's archive, from the cache or fetched, with its checksum checked."""
    archive = cache / f"{package}.tgz"
    if not archive.exists():
        if shutil.which("npm") is None:
            sys.exit(f"{archive} is missing and npm, which would fetch it, is not installed")
        name, _, version = package.rpartition("-")
        cache.mkdir(parents=True, exist_ok=True)
        command = [
            "npm",
            "pack",
            "--loglevel=error",
            f"{name}@{version}",
            "--pack-destination",
            str(cache),
        ]
        if subprocess.run(command, stdout=subprocess.DEVNULL).returncode:
            sys.exit(f"'{' '.join(command)}' failed; place {archive.name} in {cache} yourself")
    got = sha256(archive)
    if got != PACKAGES[package]:
        sys.exit(f"{archive}: expected SHA-256 {PACKAGES[package]}, got {got}; delete it and rerun")
    return archive


def read_members(archive, wanted):
    """Read those members of the archive whose name ``wanted`` accepts."""
    with tarfile.open(archive) as tar:
        return {m.name: tar.extractfile(m).read() for m in tar if wanted(m.name)}


def read_pictures(archive, style, files):
    """The 64 x 64 drawings, composited on white: (N, 64, 64, 3) uint8."""
    folder = f"package/img/{style}/64/"
    found = read_members(archive, lambda name: name.startswith(folder))
    pictures = np.empty((len(files), 64, 64, 3), np.uint8)
    for row, file in zip(pictures, files, strict=True):
        picture = Image.open(io.BytesIO(found[folder + file])).convert("RGBA")
        white = Image.new("RGBA", picture.size, "white")
        row[:] = np.asarray(Image.alpha_composite(white, picture).convert("RGB"))
    return pictures


def read_labels(archive, language):
    """Code point string (without FE0F) -> the record with name and tags."""
    path = f"package/{language}/data.json"
    records = json.loads(read_members(archive, lambda name: name == path)[path])
    return {record["hexcode"].replace("-FE0F", ""): record for record in records}


def read_table(archives):
    """One row for each usable emoji, in Unicode's order, with its image file."""
    twitter, _, emojibase = archives
    path = "package/emoji.json"
    records = json.loads(read_members(twitter, lambda name: name == path)[path])
    english, chinese = read_labels(emojibase, "en"), read_labels(emojibase, "zh")
    rows = []
    for record in sorted(records, key=lambda record: record["sort_order"]):
        code = record["unified"].replace("-FE0F", "")
        drawn = record["has_img_twitter"] and record["has_img_google"]
        named = code in english and code in chinese
        if record["category"] == "Component" or not drawn or not named:
            continue
        rows.append(
            {
                "code": code,
                "character": "".join(chr(int(c, 16)) for c in record["unified"].split("-")),
                "group": record["category"],
                "subgroup": record["subcategory"],
                "name_en": english[code]["label"],
                "name_zh": chinese[code]["label"],
                "tags_en": english[code].get("tags", []),
                "tags_zh": chinese[code].get("tags", []),
                "file": record["image"],
            }
        )
    # Flags last, so that the second style, which has none, is a prefix.
    return sorted(rows, key=lambda row: row["group"] == FLAGS)


def write_npz(path, arrays, compression=zipfile.ZIP_DEFLATED):
    """Like np.savez_compressed, with fixed time stamps and attributes: the bytes are stable."""
    with zipfile.ZipFile(path, "w") as archive:
        for name, array in arrays.items():
            data = io.BytesIO()
            np.lib.format.write_array(data, array, allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", date_time=(1980, 1, 1, 0, 0, 0))
            entry.compress_type = compression
            entry.create_system = 3
            archive.writestr(entry, data.getvalue(), compresslevel=9)


def write_json(path, rows, columns):
    """A list with one record a line, so that a change can be read as a difference."""
    rows = [{column: row[column] for column in columns} for row in rows]
    lines = ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows)
    path.write_bytes(f"[\n{lines}\n]\n".encode())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--cache", type=Path, required=True, help="folder for the npm archives")
    root = Path(__file__).resolve().parent.parent
    parser.add_argument("--output", type=Path, default=root / "mmref/data/emoji")
    arguments = parser.parse_args()

    archives = [fetch(package, arguments.cache) for package in PACKAGES]
    rows = read_table(archives)
    files = [row["file"] for row in rows]
    free = [row["file"] for row in rows if row["group"] != FLAGS]
    twitter = read_pictures(archives[0], "twitter", files)
    google = read_pictures(archives[1], "google", free)

    codes, names = [row["code"] for row in rows], [row["name_en"] for row in rows]
    groups, subgroups = [row["group"] for row in rows], [row["subgroup"] for row in rows]
    concepts = find_concepts(codes, names, groups, [twitter, google])
    for row, concept, fold in zip(
        rows, concepts, assign_folds(concepts, groups, subgroups), strict=True
    ):
        row.update(concept=concept, fold=fold)

    arguments.output.mkdir(parents=True, exist_ok=True)
    write_npz(arguments.output / "images.npz", {"twitter": twitter, "google": google})
    write_json(arguments.output / "emoji.json", rows, COLUMNS)
    packed = ["emoji.json", "images.npz"]
    sums = "".join(f"{sha256(arguments.output / name)}  {name}\n" for name in packed)
    (arguments.output / "SHA256SUMS").write_text(sums)
    print(
        f"{len(rows)} emoji, {len(set(concepts))} concepts, in {arguments.output}\n{sums}", end=""
    )


if __name__ == "__main__":
    main()
