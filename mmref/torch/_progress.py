"""A bar of epochs that says how fast rows come by, and what the time goes into."""

from collections.abc import Callable, Iterable, Iterator
from time import perf_counter

from tqdm import tqdm


class Progress:
    """Epochs to pass over, and their batches.

    The bar shows the scores of the last epoch, the rows a second, and the share of the time that
    was spent *waiting* for batches to be read; the rest was computing. Above a half, reading is
    the slowest step, and workers help.
    """

    def __init__(
        self, first: int, epochs: int, shown: bool, clock: Callable[[], float] = perf_counter
    ) -> None:
        self.bar = tqdm(
            range(first, epochs), initial=first, total=epochs, disable=not shown, desc="epochs"
        )
        self.clock, self.scores, self.pace = clock, dict[str, str](), dict[str, str]()

    def __iter__(self) -> Iterator[int]:
        return iter(self.bar)

    def batches(self, batches: Iterable[tuple]) -> Iterator[tuple]:
        """The same batches; the bar tells the pace about twice a second."""
        begun = told = self.clock()
        rows, waited, source = 0, 0.0, iter(batches)
        while True:
            asked = self.clock()
            batch = next(source, None)
            waited += self.clock() - asked
            if batch is None:
                break
            yield batch
            rows += len(batch[1])
            now = self.clock()
            self._measure(rows, waited, now - begun)
            if now - told >= 0.5:
                told = now
                self._show()
        self._show()

    def tell(self, **scores: float) -> None:
        """Show an epoch's scores."""
        self.scores = {name: f"{score:.3f}" for name, score in scores.items()}
        self._show()

    def _measure(self, rows, waited, seconds):
        seconds = max(seconds, 1e-9)
        self.pace = {"rows/s": f"{rows / seconds:.0f}", "waiting": f"{waited / seconds:.0%}"}

    def _show(self):
        self.bar.set_postfix(self.scores | self.pace)
