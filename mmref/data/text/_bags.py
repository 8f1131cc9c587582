"""Bags of words: scikit-learn's vectorizers, reading with our tokenizers.

scikit-learn is loaded by the first call.
"""

from collections.abc import Callable, Sequence
from typing import Any

from mmref.contract.settings import check_function
from mmref.data.text._tokens import words


def bag_of_words(tokenize: Callable[[str], Sequence[str]] = words, **settings: Any) -> Any:
    """Return a scikit-learn CountVectorizer: counts (B, K), sparse, int64.

    settings: CountVectorizer's own, such as ``min_df``, ``max_features``, ``binary``. Fit it to
    the training part alone. A token that it does not know counts nowhere.

    >>> bags = bag_of_words()
    >>> bags.fit_transform(["red heart", "red red car"]).toarray()
    array([[0, 1, 1],
           [1, 0, 2]])
    >>> bags.get_feature_names_out().tolist()
    ['car', 'heart', 'red']
    """
    from sklearn.feature_extraction.text import CountVectorizer

    _check(tokenize, settings)
    return CountVectorizer(analyzer=tokenize, **settings)


def tf_idf(tokenize: Callable[[str], Sequence[str]] = words, **settings: Any) -> Any:
    """Return a scikit-learn TfidfVectorizer: weights (B, K), sparse, float64.

    x_bk = n_bk (ln((1 + B) / (1 + d_k)) + 1), and each row is divided by its length; n_bk counts
    the token k in text b, d_k the texts that it was fitted to which have k, B these texts. (This
    is scikit-learn's smoothed form; textbooks have ln(B / d_k).)

    settings: TfidfVectorizer's own, such as ``sublinear_tf``, ``min_df``, ``norm``. Fit it to the
    training part alone.

    >>> bags = tf_idf()
    >>> bags.fit_transform(["red heart", "red car"]).toarray().round(2)
    array([[0.  , 0.81, 0.58],
           [0.81, 0.  , 0.58]])
    >>> bags.transform(["red bus"]).toarray()
    array([[0., 0., 1.]])
    """
    from sklearn.feature_extraction.text import TfidfVectorizer

    _check(tokenize, settings)
    return TfidfVectorizer(analyzer=tokenize, **settings)


def _check(tokenize, settings):
    check_function("tokenize", tokenize, "a function from a text to its tokens")
    if "analyzer" in settings:  # its word for tokenize
        raise TypeError(f"analyzer: expected tokenize in its place, got {settings['analyzer']!r}")
