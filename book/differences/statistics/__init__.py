"""Statistics and numbers."""

from book.differences.registry import Group
from book.differences.statistics import numbers, statistics, workers

GROUP = Group(
    title="Statistics and numbers",
    introduction="Small functions with the same names.",
    differences=(
        statistics.STD,
        statistics.MEDIAN,
        statistics.INTEGER_MEAN,
        statistics.FLOAT64_INPUT,
        numbers.DOUBLE_PRECISION,
        numbers.COLUMN,
        statistics.SHUFFLING,
        workers.SHARED_ROWS,
        workers.ORDER_OF_WORKERS,
    ),
)
