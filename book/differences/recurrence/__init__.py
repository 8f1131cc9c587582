"""Recurrence and sequences."""

from book.differences.recurrence import cells, padding, sequences
from book.differences.recurrence.given_weights import keras_recurrence, torch_recurrence
from book.differences.registry import Group

GROUP = Group(
    title="Recurrence and sequences",
    introduction=(
        "Two helpers build a layer with given weights; Keras's are the transposed ones of PyTorch."
    ),
    differences=(
        cells.LSTM_GATES,
        cells.LSTM_BIAS,
        cells.GRU_GATES,
        cells.GRU_RESET,
        sequences.BATCH_FIRST,
        sequences.RNN_RETURNS,
        padding.PADDED_SEQUENCE,
        padding.PADDED_OUTPUTS,
        padding.LEADING_PADDING,
        sequences.BIDIRECTIONAL,
        sequences.RNN_DROPOUT,
        padding.EMBEDDING_MASK,
    ),
    helpers=(torch_recurrence, keras_recurrence),
)
