"""How much texts are like reference texts: BLEU and ROUGE, by those who are quoted for them.

Both compare words with words. Neither looks at a picture.
"""

import re
import warnings
from collections.abc import Sequence
from typing import Any

from mmref.contract.settings import check_choice, check_kind, text_list
from mmref.errors import ShapeError

ROUGES = ("rouge1", "rouge2", "rougeL")
TOKENIZERS = ("13a", "zh", "char")
# Letters of scripts that put no space between words: Thai to Burmese, Khmer, kana, Han.
UNSPACED = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3041-\u30ff\u3400-\u9fff]")
MARKS = {
    "capitals": lambda text: text != text.lower(),
    "signs": re.compile(r"[^\w\s]").search,
}


def bleu(texts: Sequence[str], references: Sequence[Sequence[str]], tokenize: str = "13a") -> float:
    """BLEU of a whole set: shared runs of one to four words, by ``sacrebleu``.

    Formula
        BP (p_1 p_2 p_3 p_4)^(1/4), p_n the share of the texts' runs of n words that a reference
        has, each counted as often as one reference has it, over all texts together;
        BP = min(1, exp(1 - r / c)), c words in the texts, r in the references nearest in length

    Args
        texts: N texts. references: for each the texts that people wrote, as many for each.
        tokenize: what a word is. "13a": what stands between spaces and signs. "zh": of Chinese
            each character, other words as before. "char": each character, for other scripts
            without spaces, such as Japanese and Thai. Scores of two of them cannot be compared.

    Returns
        From 0 to 1. (sacrebleu itself counts to 100.) Case counts, and nothing is smoothed: with
        no run of four words in common it is 0. Capitals and signs count:
        what ``Vocabulary.decode`` gives has none where ``words`` made the tokens, so references
        are to be ``" ".join(words(reference))``. A warning says so where most texts of one side
        have some and none of the other has; and where most texts are in a script without spaces,
        of which "13a" makes one word a sentence.

    Errors
        ImportError: without sacrebleu. ChoiceError: another tokenizer. TypeError: no texts.
        ShapeError: no text, not as many references as texts, or not as many for each.

    Source
        Papineni et al., "BLEU", ACL 2002; Post, "A call for clarity in reporting BLEU scores",
        WMT 2018, for sacrebleu.

    >>> bleu(["a small red star at the top"], [["a small red star at the top"]])
    1.0
    """
    check_choice("tokenize", tokenize, TOKENIZERS)
    texts, references = _read(texts, references)
    _warn_of_marks(texts, [reference for several in references for reference in several])
    if tokenize == "13a":
        _warn_of_scripts(texts)
    sacrebleu = _package("sacrebleu")
    columns = [list(column) for column in zip(*references, strict=True)]
    # force: else, of many texts that end in " .", it logs advice about parameters of its own.
    scorer = sacrebleu.metrics.BLEU(smooth_method="none", tokenize=tokenize, force=True)
    return round(scorer.corpus_score(texts, columns).score / 100, 12)


def rouge(texts: Sequence[str], references: Sequence[Sequence[str]], kind: str = "rougeL") -> float:
    """ROUGE: shared words, pairs of words or the longest common sequence, by ``rouge-score``.

    Formula
        F = 2 P R / (P + R), P the share of a text's units that the reference has, R the other way
        around; of several references the best; then the mean over the texts

    Args
        texts: N texts. references: for each the texts that people wrote, as many for each.
        kind: "rouge1" words, "rouge2" pairs, "rougeL" the longest common sequence of words.

    Returns
        From 0 to 1. Words are lowercased, and not stemmed.

    Errors
        ImportError: without rouge-score. ChoiceError: another kind. Others as :func:`bleu`.

    Source
        Lin, "ROUGE", Text Summarization Branches Out, 2004.

    >>> round(rouge(["a small red star"], [["a small blue star"]]), 2)
    0.75
    """
    check_choice("kind", kind, ROUGES)
    texts, references = _read(texts, references)
    scorer = _package("rouge_score.rouge_scorer").RougeScorer([kind], use_stemmer=False)
    best = [
        max(scorer.score(reference, text)[kind].fmeasure for reference in several)
        for text, several in zip(texts, references, strict=True)
    ]
    return float(sum(best) / len(best))


def _read(texts, references):
    texts = text_list("texts", texts)
    check_kind("references", references, (list, tuple), "a list of lists of texts")
    if not texts:
        raise ShapeError("texts", "at least one", texts)
    if len(references) != len(texts):
        raise ShapeError("references", f"{len(texts)}, one list a text", len(references))
    several = [text_list(f"references[{i}]", given) for i, given in enumerate(references)]
    count = len(several[0])
    for i, given in enumerate(several):
        if not given or len(given) != count:
            expected = f"{count or 'some'} as references[0]" if i else "at least one"
            raise ShapeError(f"references[{i}]", expected, len(given))
    return texts, several


def _warn_of_marks(texts, references):
    """BLEU falls, and nobody is told, where one side was lowercased or lost its full stops."""
    for what, has in MARKS.items():
        shares = [sum(bool(has(text)) for text in side) / len(side) for side in (texts, references)]
        if min(shares) == 0 and max(shares) > 0.5:
            some, none = ("texts", "references") if shares[0] else ("references", "texts")
            warnings.warn(
                f"{some}: {what} in {max(shares):.0%}, and none in {none}: BLEU counts them; "
                "write both alike, as by words()",
                stacklevel=3,
            )


def _warn_of_scripts(texts):
    share = sum(bool(UNSPACED.search(text)) for text in texts) / len(texts)
    if share > 0.5:
        warnings.warn(
            f"texts: letters of a script without spaces in {share:.0%}: BLEU counts a sentence of "
            'it as one word; take tokenize="zh" for Chinese, "char" for others',
            stacklevel=3,
        )


def _package(module: str) -> Any:
    """The module, or an error that says what to install."""
    import importlib

    package = {"sacrebleu": "sacrebleu", "rouge_score.rouge_scorer": "rouge-score"}[module]
    try:
        return importlib.import_module(module)
    except ImportError as error:
        raise ImportError(f"this metric needs the package {package}") from error
