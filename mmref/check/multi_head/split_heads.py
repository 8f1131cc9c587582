"""x is (B, T, D), heads a whole number K that divides D. Returns (B, K, T, D / K): head h gets the
h-th block of D / K neighboring features of every step."""

from mmref.check.exercise import Exercise, case, normal
from mmref.reference.multi_head import split_heads

HEADS = "Write down which features head 0 gets, and in which order the axes are asked for."


def draw(rng, B=2, T=5, K=3, W=4):
    return *normal(rng, (B, T, K * W)), K


def split(x, heads):
    """The last axis separated: (B, T, K, D / K)."""
    return x.reshape(*x.shape[:2], heads, -1)


CASES = (
    case("five steps, three heads", HEADS),
    case("as many heads as steps", HEADS, T=3),
    case("as many examples and heads as steps and features", HEADS, B=4, T=4, K=4),
    case("one head", "With one head its axis has the length 1.", K=1),
    case("a head for each feature", "A head of a single feature keeps its axis.", W=1),
)
MISTAKES = (
    ("All steps of all heads are mixed: separate the last axis first, then move the new one.",
     lambda x, heads: x.reshape(len(x), heads, x.shape[1], -1)),
    ("The axis of the heads comes before that of the steps.", split),
    ("Head 0 gets the first block of features, not every n-th one.",
     lambda x, heads: x.reshape(*x.shape[:2], -1, heads).transpose(0, 3, 1, 2)),
    ("The batch stays first.", lambda x, heads: split(x, heads).transpose(2, 0, 1, 3)),
    ("Steps and features of a head are in the wrong order.",
     lambda x, heads: split(x, heads).transpose(0, 2, 3, 1)),
    ("The heads come in reverse.", lambda x, heads: split_heads(x, heads)[:, ::-1]),
)  # fmt: skip
EXERCISE = Exercise(split_heads, __doc__, CASES, MISTAKES, draw, axis="example")
