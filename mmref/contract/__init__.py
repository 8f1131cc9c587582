"""What the three wings (NumPy, PyTorch, Keras) check alike: bad input gives one error in all.

A file for each family, under the reference's names, and for each system of the framework wings
that asks something of its own; ``arrays`` and ``settings`` are what several of them ask. The
checks read shapes and dtypes, no numbers where nothing else is said, so they serve every
framework; where a wing takes nothing but its own tensors, ``kind`` is their class, and ``dtype``
is its layer's. A size that a framework does not know yet is None and fits any other.
"""
