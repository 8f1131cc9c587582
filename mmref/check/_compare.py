"""Compares a reader's NumPy function with the reference, case after case."""

import copy
import re

import numpy as np

from mmref.check._run import Difference, article, check_callable, run, type_name

# Loops, einsum and other orders of summation agree to about 1e-14; a detour through float32
# is off by 1e-8 at least.
RTOL, ATOL = 1e-9, 1e-12

# What is asked of a result: the kinds of dtype that will do, and what to think about otherwise.
KINDS = {
    "float64": ("f", "Keep the dtype of the inputs; an array of another one rounds what it holds."),
    "int": ("iu", "A whole number is asked for: a label, an index or a count."),
    "bool": ("b", "A mask holds True and False."),
}


def compare_function(
    signature, reference, cases, mistakes=(), outputs=("result",), kind="float64", atol=ATOL
):
    """Make a judge for NumPy functions.

    reference and the mistakes take the arguments of a case; a mistake is a pair (hint, function)
    whose hint is given when the answer's values are that function's. outputs names what is
    returned, kind their dtype: one for all, or one for each. A smaller atol is for results that
    are tiny and must have their digits all the same.
    """
    names = re.findall(r"\w+", signature)[1:]
    kinds = [kind] * len(outputs) if isinstance(kind, str) else kind

    def judge(answer):
        check_callable(answer, names)
        count = 0
        for case in cases():
            got = run(answer, names, case, len(outputs))
            expected = _parts(reference(*copy.deepcopy(case.args)))
            for name, ours, theirs, kind_ in zip(outputs, expected, got, kinds, strict=True):
                check_array(name, np.shape(ours), theirs, case, kind_)
            _check_repeat(answer, names, case, got)
            difference = first_difference(outputs, expected, got, case, RTOL, atol)
            if difference:
                hint = next(recognized(mistakes, case, expected, got, RTOL, atol), case.hint)
                raise Difference(difference, hint, case)
            count += 1
        return f"{count} cases"

    return judge


def check_array(name, shape, got, case, kind="float64"):
    """Raise unless ``got`` is a NumPy array of this shape and kind of dtype (one of KINDS)."""
    if got is None:
        raise Difference(f"{name}: got None", "Does the function end with a return?", case)
    if not isinstance(got, np.generic) and type(got) is not np.ndarray:
        raise Difference(
            f"{name}: expected a NumPy array, got {article(type_name(got))}",
            "Compute with NumPy arrays throughout and return one.",
            case,
        )
    if got.shape != shape:
        finding = f"{name}: expected the shape {shape}, got {got.shape}"
        raise Difference(finding, shape_hint(shape, got.shape) or case.hint, case)
    kinds, hint = KINDS[kind]
    if got.dtype.kind not in kinds or (kind == "float64" and got.dtype.itemsize < 8):
        raise Difference(f"{name}: expected the dtype {kind}, got {got.dtype}", hint, case)


def first_difference(names, expected, got, case, rtol=RTOL, atol=ATOL):
    """In words, the first element that is not close; None if all are."""
    for name, ours, theirs in zip(names, expected, got, strict=True):
        wrong = np.argwhere(~np.isclose(theirs, ours, rtol=rtol, atol=atol, equal_nan=True))
        if len(wrong):
            index = tuple(int(i) for i in wrong[0])
            a, b = _distinct(float(ours[index]), float(theirs[index]))
            return f"{_place(name, index, case)}: expected {a}, got {b}"
    return None


def _check_repeat(answer, names, case, first):
    """Raise if a second call with equal arguments gives something else."""
    kept = copy.deepcopy(first)  # a NumPy number stays one
    second = run(answer, names, case, len(first))
    told = "two calls with equal arguments gave different results"
    hint = "The result may depend on the arguments alone: no global variables, no random numbers."
    if any(
        type_name(a) != type_name(b) or a.shape != b.shape
        for a, b in zip(kept, second, strict=True)
    ):
        raise Difference(told, hint, case)
    if any(
        not np.allclose(a, b, RTOL, ATOL, equal_nan=True) for a, b in zip(kept, second, strict=True)
    ):
        raise Difference(told, hint, case)
    if any(
        isinstance(a, np.ndarray) and np.shares_memory(a, b)
        for a, b in zip(first, second, strict=True)
    ):
        raise Difference(
            "two calls returned the same array, not two equal ones",
            "A later call must not overwrite an earlier result: make a new array in each call.",
            case,
        )


def recognized(mistakes, case, expected, got, rtol=RTOL, atol=ATOL):
    """Hints of the mistakes that give exactly what was got."""
    if not all(np.isfinite(part).all() for part in got):
        return  # several ways lead to NaN; the case says which one it tests
    for hint, function in mistakes:
        try:
            with np.errstate(all="ignore"):
                wrong = _parts(function(*copy.deepcopy(case.args)))
        except (ValueError, IndexError):  # a mistake that is impossible with these shapes
            continue
        alike = all(
            np.shape(a) == np.shape(b) and np.allclose(a, b, rtol, atol)
            for a, b in zip(wrong, got, strict=True)
        )
        if alike and not all(
            np.allclose(a, b, rtol, atol) for a, b in zip(wrong, expected, strict=True)
        ):
            yield hint


def _parts(result):
    return list(result) if isinstance(result, tuple) else [result]


def _place(name, index, case):
    if not index:
        return name
    if not case or not case.axis:
        return f"{name}{list(index)}"
    words = f"{case.axis} {index[0]}"
    if index[0] < len(case.rows) and case.rows[index[0]]:
        words += f", {case.rows[index[0]]}"
    return f"{name}{list(index)} ({words})"


def _distinct(a, b):
    """Both numbers, with as many digits as it takes to tell them apart."""
    for digits in (4, 8, 12, 17):
        texts = f"{a:.{digits}g}", f"{b:.{digits}g}"
        if texts[0] != texts[1]:
            break
    return texts


def shape_hint(expected, got):
    """What to think about if the shapes differ in a telling way, or None."""
    if got == ():
        return "A single number: was too much summed over or indexed away?"
    if tuple(n for n in got if n != 1) == tuple(n for n in expected if n != 1):
        return "Only axes of length 1 differ: look where an axis is kept, added or squeezed."
    if got == expected[::-1]:
        return "The axes are swapped."
    if int(np.prod(got)) == int(np.prod(expected)):
        return "All the numbers are there, but arranged in another shape."
    if len(got) > len(expected):
        return "An axis too many: which one should be summed over?"
    if len(got) < len(expected):
        return "An axis too few: one was summed over or indexed away."
    return None
