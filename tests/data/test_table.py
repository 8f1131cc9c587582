"""A table of numbers and categories: what is learned from the training, and what becomes of it."""

import json
import math
import re
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mmref.data.table import Table
from mmref.errors import DataError, ShapeError

TRAIN = {
    "price": np.array([1.0, 3.0, np.nan, 5.0]),
    "brand": ("b", None, "a", "b"),
    "stock": np.array([7.0, 7.0, 7.0, np.nan]),
}
TABLE = Table.fit(TRAIN)
NAMES = ("price", "price absent", "stock", "stock absent", "brand=a", "brand=b", "brand absent")


def test_numbers_are_standardized_on_the_training_and_gaps_are_told():
    features, present = TABLE.apply(TRAIN)
    assert TABLE.names == NAMES and TABLE.width == 7
    assert features.dtype == np.float32 and features.shape == (4, 7)
    step = 2 / math.sqrt(8 / 3)  # prices 1, 3, 5 have mean 3 and variance 8/3
    expected = [
        [-step, 0, 0, 0, 0, 1, 0],
        [0, 0, 0, 0, 0, 0, 1],
        [0, 1, 0, 0, 1, 0, 0],
        [step, 0, 0, 1, 0, 1, 0],
    ]
    np.testing.assert_allclose(features, expected, atol=1e-6)
    assert present.tolist() == [True] * 4


def test_the_training_alone_is_learned_from():
    later = {"price": [100.0], "brand": ["b"], "stock": [9]}
    features, _ = TABLE.apply(later)
    assert features[0, 0] == pytest.approx((100 - 3) / math.sqrt(8 / 3)) and features[0, 2] == 2
    assert TABLE == Table.fit(TRAIN)  # nothing was learned from it


def test_an_unseen_category_is_all_zeros_and_counted():
    later = {"price": [3.0, 3.0, 3.0], "brand": ["c", None, "c"], "stock": [7.0] * 3}
    features, present = TABLE.apply(later)
    assert features[:, 4:].tolist() == [[0, 0, 0], [0, 0, 1], [0, 0, 0]] and present.all()
    assert TABLE.unseen(later) == {"brand": 2} and TABLE.unseen(TRAIN) == {"brand": 0}


@pytest.mark.parametrize("nothing", [None, math.nan, "", np.float32("nan")])
def test_a_row_of_no_cell_is_an_absent_table_of_zeros(nothing):
    later = {"price": [nothing, 1.0], "brand": [nothing, "a"], "stock": [nothing, nothing]}
    features, present = TABLE.apply(later)
    assert present.tolist() == [False, True]
    assert not features[0].any() and features[1, 3] == 1


def test_rows_are_chosen_as_take_chooses_them():
    whole, present = TABLE.apply(TRAIN)
    for rows in ([2, 0, 0], np.array([False, True, False, True]), []):
        chosen, there = TABLE.apply(TRAIN, rows)
        np.testing.assert_array_equal(
            chosen, whole[np.array(rows, dtype=None if len(rows) else int)]
        )
        assert len(there) == len(chosen) and there.dtype == bool
    with pytest.raises(ValueError, match="^rows: expected 0 to 3, got 4 to 4"):
        TABLE.apply(TRAIN, [4])


def test_numbers_that_are_all_the_same_are_zeros():
    """The mean of three such numbers is another one, by rounding, and has a deviation."""
    price = 349526.26214834757
    table = Table.fit({"price": [price] * 3})
    assert np.abs(table.apply({"price": [price]})[0]).max() < 1e-6
    assert table.apply({"price": [price + 2]})[0][0, 0] == pytest.approx(2)


def test_a_data_frame_is_a_table():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({name: list(column) for name, column in TRAIN.items()})
    assert Table.fit(frame) == TABLE
    np.testing.assert_array_equal(TABLE.apply(frame)[0], TABLE.apply(TRAIN)[0])


def test_json_and_back():
    content = json.loads(json.dumps(TABLE.to_json()))
    again = Table.from_json(content)
    assert again == TABLE and again.names == TABLE.names
    np.testing.assert_array_equal(again.apply(TRAIN)[0], TABLE.apply(TRAIN)[0])


columns = st.lists(
    st.tuples(
        st.none() | st.floats(-1e6, 1e6), st.none() | st.sampled_from(["a", "b", "一", "x y"])
    ),
    min_size=1,
    max_size=30,
).filter(lambda rows: any(a is not None for a, _ in rows) and any(b is not None for _, b in rows))


@given(columns)
def test_any_table_has_mean_zero_deviation_one_and_one_place_a_category(rows):
    data = {"number": [a for a, _ in rows], "kind": [b for _, b in rows]}
    table = Table.fit(data)
    features, present = table.apply(data)
    there = np.array([a is not None for a, _ in rows])
    z = features[there, 0].astype(float)
    assert abs(z.mean()) < 1e-2 and (abs(z.std() - 1) < 1e-2 or z.std() < 1e-2)
    full = features[present]
    np.testing.assert_array_equal(full[:, 2:].sum(axis=1), 1)
    np.testing.assert_array_equal(features[present, 1], ~there[present])
    assert present.tolist() == [a is not None or b is not None for a, b in rows]
    assert np.isfinite(features).all()


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: Table.fit({}), DataError, "table: no columns: load them with numbers= or categ"),
        (lambda: Table.fit(3), TypeError, "table: expected a mapping from name to column, got int"),
        (lambda: Table.fit({"a": "abc"}), TypeError, r"table\['a'\]: expected a column of numbers"),
        (lambda: Table.fit({"a": [None, ""]}), DataError, "a: empty column: expected a value in"),
        (lambda: Table.fit({"a": [1, "x"]}), TypeError, r"table\['a'\]: expected numbers, got 'x'"),
        (lambda: Table.fit({"a": ["x", 1]}), TypeError, r"table\['a'\]: expected texts, got 1"),
        (lambda: Table.fit({"a": [True]}), TypeError, r"table\['a'\]: expected texts, got True"),
        (lambda: Table.fit({"a": [math.inf]}), ValueError, r"table\['a'\]: expected finite numbe"),
        (
            lambda: Table.fit({"a": [1], "b": [1, 2]}),
            ShapeError,
            r"table\['b'\]: expected 1 rows as 'a' has, got 2",
        ),
        (
            lambda: TABLE.apply({"price": [1.0], "brand": ["a"]}),
            DataError,
            r"table: other columns: expected \('price', 'stock', 'brand'\), got \('price', 'bran",
        ),
        (
            lambda: TABLE.apply({"price": ["a"], "brand": ["a"], "stock": [1]}),
            TypeError,
            r"table\['price'\]: expected numbers, got 'a'",
        ),
        (lambda: Table.from_json([1]), TypeError, "table: expected a mapping from name to col"),
        (lambda: Table.from_json({}), ValueError, r"table: expected the keys \['numbers', 'cat"),
        (
            lambda: Table.from_json({"numbers": {"a": [1]}, "categories": {}}),
            ShapeError,
            r"table\['a'\]: expected \[mean, deviation\], got \[1\]",
        ),
        (
            lambda: Table.from_json({"numbers": {"a": [1, 0]}, "categories": {}}),
            ValueError,
            r"table\['a'\]\[1\]: expected a positive number, got 0",
        ),
        (
            lambda: Table.from_json({"numbers": {"a": ["x", 1]}, "categories": {}}),
            TypeError,
            r"table\['a'\]\[0\]: expected a finite number, got 'x'",
        ),
        (
            lambda: Table.from_json({"numbers": {}, "categories": {"a": "bc"}}),
            TypeError,
            r"table\['a'\]: expected a sequence of texts, got the text 'bc'",
        ),
    ],
)
def test_what_is_no_table_is_told(call, error, message):
    with pytest.raises(error, match=f"^{message}") as caught:
        call()
    assert type(caught.value) is error


def test_a_value_that_the_training_had_not_is_no_table_by_itself():
    """One rule, whoever asks: the features, the rows that have a table, a reader's batches."""
    table = Table.fit({"price": [1.0, 3.0], "color": ["red", "blue"]})
    given = {"price": [None, 3.0, None, None], "color": ["mauve", "mauve", "red", None]}
    features, present = table.apply(given)
    np.testing.assert_array_equal(present, [False, True, True, False])
    np.testing.assert_array_equal(table.present(given), present)
    assert not features[0].any() and features[1].any()
    assert table.unseen(given) == {"color": 2}


def test_spellings_of_one_category_are_told():
    """Of those that were learned, and of one that comes later; columns and values by name."""
    with pytest.warns(UserWarning, match=r"table\['color'\].*' Red' and 'red '.*two categories"):
        table = Table.fit({"color": [" Red", "red ", "blue"]})
    assert table.categories == {"color": (" Red", "blue", "red ")}
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table = Table.fit({"color": ["red", "blue"]})
        table.apply({"color": ["red", "mauve", None]})
    for use in (table.apply, table.present, table.unseen):
        with pytest.warns(UserWarning, match=r"table\['color'\].*'red' and 'Red '.*not in the tr"):
            use({"color": ["Red ", "blue"]})


@pytest.mark.parametrize(
    ("column", "told"),
    [
        (["2", "1", None, "1", "3"], "3 categories in 4 rows, all of them numbers ('1', '2', '3')"),
        (
            [f"{i / 2}" for i in range(90)],
            "90 categories in 90 rows, all .* ('0.0', '0.5', '1.0', ...)",
        ),
        (["1999", " 2001 "], "2 categories in 2 rows, all of them numbers ('1999', ' 2001 ')"),
    ],
)
def test_categories_that_are_numbers_are_told(column, told):
    """Few or many: as categories they have no order. The column is named, and what to do."""
    told = re.escape(told).replace(r"\.\*", ".*")
    with pytest.warns(
        UserWarning, match=rf"^table\['year'\]: {told}: amounts belong into numb"
    ) as w:
        table = Table.fit({"year": column})
    assert w[0].filename == __file__ and table.names[-1] == "year absent"  # still categories
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        table.apply({"year": column})  # told once, where it is learned
        Table.fit({"year": [*column, "unknown"], "size": [1.0] * (len(column) + 1)})
