"""What the three wings check alike, so that bad input gives the same error in each.

A file for each kind of input. The checks read shapes and dtypes only, so they serve every
framework; where a wing takes nothing but its own tensors, ``kind`` is their class, and ``dtype``
is its layer's. A size that a framework does not know yet is None and fits any other.
"""
