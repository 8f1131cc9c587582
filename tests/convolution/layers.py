"""A convolution that has its weights."""

from tests.wings import wing_of


def built(name, *arguments, **options):
    layer = wing_of(name).Conv2d(*arguments, **options)
    if name == "keras":
        layer.build(None)
    return layer
