"""A folder of somebody's own, as small as it can be."""

import pytest
from PIL import Image

from mmref.errors import DataError


def told(function, *given, error=DataError, **options):
    """What the error says, in one line, that comes of such a call."""
    with pytest.raises(error) as caught:
        function(*given, **options)
    assert type(caught.value) is error and "\n" not in str(caught.value)
    return str(caught.value)


def write(root, table="", name="captions.csv", pictures=("a.png", "b.png", "c.png")):
    """A folder with pictures of one color each, and what stands in its table, text or bytes."""
    for number, picture in enumerate(pictures):
        path = root / picture
        path.parent.mkdir(parents=True, exist_ok=True)
        kind = None if path.suffix else "PNG"
        Image.new("RGB", (6, 4), (40 * number + 40, 0, 0)).save(path, kind)
    if table:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(table if isinstance(table, bytes) else table.encode())
    return root
