"""A training that was stopped goes on to the same weights, and tells of how fast it goes."""

import functools
import itertools
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from mmref.errors import DataError  # noqa: E402
from mmref.seeding import seed_everything  # noqa: E402
from mmref.torch import fit  # noqa: E402
from mmref.torch._progress import Progress  # noqa: E402
from mmref.torch._resume import pack, unpack  # noqa: E402
from mmref.torch.data import Epochs  # noqa: E402

ROOT = Path(__file__).parents[2]
STOPPED = "tests.training.programs.stopped"
EPOCHS, BATCHES = 4, 3  # so many of each


class Model(torch.nn.Module):
    """With dropout, which draws, and batch norm, whose statistics are no parameters."""

    def __init__(self):
        super().__init__()
        self.hidden, self.norm = torch.nn.Linear(4, 8), torch.nn.BatchNorm1d(8)
        self.dropout, self.head = torch.nn.Dropout(0.3), torch.nn.Linear(8, 3)

    def forward(self, inputs):
        return self.head(self.dropout(torch.relu(self.norm(self.hidden(inputs["x"])))))


def data(seed=0):
    rng = np.random.default_rng(seed)
    labels = rng.integers(0, 3, size=45)
    return {"x": (rng.normal(size=(45, 4)) + np.eye(3, 4)[labels]).astype("float32")}, labels


def noise(inputs, rng):
    return {"x": inputs["x"] + rng.normal(scale=0.1, size=inputs["x"].shape).astype("float32")}


class Stop(Exception):
    """What a test stops a training with."""


def train(resume=None, at=None, optimizer="Adam", scheduler="OneCycleLR", batches=None, **options):
    """(model, history); ``at`` is told the number of each batch that is drawn."""
    seed_everything(0)
    model, count = Model(), itertools.count()
    rates = {"Adam": {}, "AdamW": {"amsgrad": True}, "SGD": {"momentum": 0.9}}[optimizer]
    step = getattr(torch.optim, optimizer)(model.parameters(), lr=0.05, **rates)
    schedulers = {
        None: lambda: None,
        "OneCycleLR": lambda: torch.optim.lr_scheduler.OneCycleLR(step, 0.1, EPOCHS * BATCHES),
        "LambdaLR": lambda: torch.optim.lr_scheduler.LambdaLR(step, lambda i: 0.9**i),
        "MultiStepLR": lambda: torch.optim.lr_scheduler.MultiStepLR(step, [2, 7]),
    }

    def augment(inputs, rng):
        if at is not None:
            at(next(count))
        return noise(inputs, rng)

    given = {"batch_size": 15, "augment": augment, "train": data()} if batches is None else {}
    if batches is not None:
        given = {"train": batches(at, count)}
    options = {"epochs": EPOCHS, "validation": data(1), "seed": 7, "progress": False} | options
    return model, fit(
        model, step, scheduler=schedulers[scheduler](), resume=resume, **given | options
    )


def stop_at(last, batch):
    if batch == last:
        raise Stop


def assert_same(one, other):
    """Models and histories, bit by bit."""
    (model, history), (twin, again) = one, other
    assert history == again
    for (name, value), expected in zip(model.state_dict().items(), twin.state_dict().values()):
        assert torch.equal(value, expected), name


def goes_on(path, last, at=None, **options):
    """Stopped while batch ``last`` is drawn, and gone on with."""
    with pytest.raises(Stop):
        train(resume=path, at=functools.partial(stop_at, last), **options)
    return train(resume=path, at=at, **options)


@pytest.mark.parametrize("last", [0, 2, 3, 7, EPOCHS * BATCHES - 1])
def test_wherever_it_is_stopped_it_comes_to_the_same_weights(last, tmp_path):
    """In the first epoch, at the first batch of one, at the very last; no whole epoch is lost."""
    again = []
    assert_same(goes_on(tmp_path / "state", last, again.append), train())
    assert len(again) == (EPOCHS - last // BATCHES) * BATCHES


@pytest.mark.parametrize(
    ("optimizer", "scheduler"),
    [("SGD", "MultiStepLR"), ("SGD", None), ("AdamW", "LambdaLR"), ("Adam", None)],
)
def test_whatever_the_optimizer_and_the_scheduler(optimizer, scheduler, tmp_path):
    options = {"optimizer": optimizer, "scheduler": scheduler}
    assert_same(goes_on(tmp_path / "state", 5, **options), train(**options))


def test_stopped_twice(tmp_path):
    path = tmp_path / "state"
    for last in (4, 2):  # the second in the epoch after the first
        with pytest.raises(Stop):
            train(resume=path, at=functools.partial(stop_at, last))
    assert_same(train(resume=path), train())


def test_without_validation_and_with_patience(tmp_path):
    options = {"validation": None}
    assert_same(goes_on(tmp_path / "plain", 7, **options), train(**options))
    # From the labels of nobody nothing is learned, so that the training stops itself.
    x, labels = data(1)
    options = {"validation": (x, labels[::-1].copy()), "patience": 1, "monitor": "val_accuracy"}
    whole = train(**options)
    assert len(whole[1].loss) < EPOCHS
    first = train(resume=tmp_path / "patient", **options)
    assert_same(first, whole)
    assert_same(train(resume=tmp_path / "patient", **options), whole)


def test_what_has_ended_is_not_trained_again_unless_for_more_epochs(tmp_path):
    drawn, options = [], {"scheduler": None}
    first = train(resume=tmp_path / "state", epochs=2, **options)
    again = train(resume=tmp_path / "state", epochs=2, at=drawn.append, **options)
    assert_same(again, first)
    assert drawn == []
    assert_same(train(resume=tmp_path / "state", **options), train(**options))


class Rows(torch.utils.data.Dataset):
    """Batches by (epoch, number), as those of a folder, or rows by number."""

    def __init__(self, at=None, count=None):
        self.at, self.count, (self.inputs, self.labels) = at, count, data()

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, index):
        if isinstance(index, tuple):
            if self.at is not None:
                self.at(next(self.count))
            order = np.random.default_rng(index[0]).permutation(len(self))
            index = order[15 * index[1] : 15 * (index[1] + 1)]
        x, labels = self.inputs["x"][index], self.labels[index]
        return {"x": torch.as_tensor(x)}, torch.as_tensor(labels)


def folder_like(at, count):
    """What ``FolderBatches.loader`` gives: its sampler counts the epochs."""
    sampler = Epochs(BATCHES)
    return torch.utils.data.DataLoader(Rows(at, count), batch_size=None, sampler=sampler)


def shuffled(at, count):
    """Rows that PyTorch shuffles by its own generator."""
    return torch.utils.data.DataLoader(Rows(), batch_size=15, shuffle=True)


def test_batches_of_a_folder_go_on_with_their_epoch(tmp_path):
    options = {"batches": folder_like}
    whole = train(**options)
    assert_same(goes_on(tmp_path / "state", 7, **options), whole)
    first_epoch_again = train(resume=tmp_path / "other", epochs=2, scheduler=None, **options)
    assert first_epoch_again[1].loss[0] != first_epoch_again[1].loss[1]


def test_a_loader_that_shuffles_by_torch_goes_on_with_its_order(tmp_path):
    options = {"batches": shuffled, "scheduler": None}
    train(resume=tmp_path / "state", epochs=2, **options)
    assert_same(train(resume=tmp_path / "state", **options), train(**options))


def test_a_process_that_was_killed_goes_on_in_another(tmp_path):
    """Killed in the third epoch, without a chance to put anything in order."""
    from safetensors.torch import load_file

    def run(name, batch):
        paths = tmp_path / f"{name}_state", tmp_path / name
        command = [sys.executable, "-m", STOPPED, *paths, str(batch)]
        return subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    assert run("stopped", 7).returncode == -9 and not (tmp_path / "stopped").exists()
    for name in ("stopped", "never stopped"):  # this process may have another number of threads
        done = run(name, -1)
        assert done.returncode == 0, done.stderr
    expected = load_file(tmp_path / "never stopped")
    for name, value in load_file(tmp_path / "stopped").items():
        assert torch.equal(value, expected[name]), name


def test_the_file_of_another_training_is_refused(tmp_path):
    path = tmp_path / "state"
    train(resume=path, epochs=1)
    for options in (
        {"optimizer": "SGD"},
        {"scheduler": None},
        {"seed": 8},
        {"seed": [7, 1]},
        {"monitor": "val_accuracy"},
        {"validation": None},
    ):
        with pytest.raises(DataError, match="^state: another training: expected .*, got {"):
            train(resume=path, **options)
    whole = path.read_bytes()
    path.write_bytes(whole[:-1])
    with pytest.raises(DataError, match="^state: no checkpoint: cut short or not safetensors"):
        train(resume=path)
    path.write_bytes(whole)

    class Model(torch.nn.Module):  # of the same name
        def __init__(self):
            super().__init__()
            self.wider = torch.nn.Linear(4, 3)

        def forward(self, inputs):
            return self.wider(inputs["x"])

    model = Model()
    step = torch.optim.Adam(model.parameters())
    cycle = torch.optim.lr_scheduler.OneCycleLR(step, 0.1, 12)
    with pytest.raises(DataError, match="^state: another training: Error.* in loading state_dict"):
        fit(model, step, data(), data(1), epochs=2, scheduler=cycle, seed=7, resume=path)
    with pytest.raises(TypeError, match="resume: expected a path or None, got int"):
        train(resume=3)


def test_a_state_comes_back_with_its_kinds():
    state = {
        "tensors": [torch.tensor(2.0), torch.arange(6).reshape(2, 3), torch.ones(2, dtype=bool)],
        "half": torch.tensor([1.5, -2.0], dtype=torch.bfloat16),
        "numbers": {0: (0.9, 0.999), "big": 2**127, "infinite": float("inf"), "none": None},
    }
    arrays = {}
    again = unpack(pack(state, arrays), arrays)
    assert len(arrays) == 4 and all(isinstance(array, np.ndarray) for array in arrays.values())
    assert again["numbers"] == state["numbers"] and type(again["numbers"][0]) is tuple
    assert torch.equal(again["half"], state["half"]) and again["half"].dtype == torch.bfloat16
    for ours, theirs in zip(again["tensors"], state["tensors"]):
        assert torch.equal(ours, theirs) and ours.dtype == theirs.dtype
    message = "resume: expected a state of numbers, texts and tensors, got a function in it"
    with pytest.raises(TypeError, match=message):
        pack({"scale": [data]}, {})


# ---- how fast ----


class Clock:
    """Seconds that pass when they are told to."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


def test_the_bar_tells_the_pace_and_the_share_of_waiting(capsys):
    """Three batches of 20 rows: 3 s to read each, 1 s to compute."""
    clock = Clock()
    bar = Progress(0, 2, True, clock)

    def reading():
        for _ in range(3):
            clock.now += 3
            yield {}, np.zeros(20)

    for _ in bar.batches(reading()):
        clock.now += 1
    bar.tell(loss=0.25)
    shown = capsys.readouterr().err
    assert "rows/s=5, waiting=75%" in shown and "loss=0.250, rows/s=5, waiting=75%" in shown


def test_a_bar_that_is_not_shown_says_nothing(capsys):
    bar = Progress(1, 3, False)
    assert list(bar) == [1, 2]
    assert len(list(bar.batches([({}, [0]), ({}, [1])]))) == 2
    bar.tell(loss=1.0)
    assert capsys.readouterr().err == ""
    assert list(bar.batches([])) == []


def test_fit_shows_scores_and_pace(capsys):
    train(progress=True)
    shown = capsys.readouterr().err
    assert "val_accuracy=" in shown and "rows/s=" in shown and "waiting=" in shown
