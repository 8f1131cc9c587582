"""A training in steps: judged every so often, kept, and gone on with where it was interrupted."""

import platform
from importlib.metadata import version
from pathlib import Path
from time import perf_counter

import numpy as np
from tqdm import tqdm

from mmref.data import checkpoints

SHOWN = (0, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000)  # steps whose pictures are kept


def train(run, batch_of, draw, judge, settings, folder, every, few, until=None, **beside):
    """Train up to ``settings["steps"]``, from where the state is; return the checkpoint's path.

    run: has ``models`` and ``optimizers`` to go on with and those models that are ``shipped``, all
    by the names under which files hold them; ``step(batch, done, steps)`` gives named losses.
    batch_of: step -> batch. draw: count -> pictures (N, 3, S, S) in [-1, 1]. judge: pictures of all
    -> named scores. every: so many steps apart they are judged, and the state is kept. few: how
    many pictures the checkpoint holds. until: stop there, as if interrupted. beside: what else the
    checkpoint says.
    """
    steps, name = settings["steps"], f"{settings['framework']}_{settings['name']}"
    state, result = (Path(folder) / f"{name}{end}.safetensors" for end in ("_state", ""))
    first, history, strip = 0, {"step": []}, {}
    if kept := restored(state, settings, run.models):
        for part, optimizer in run.optimizers.items():
            set_optimizer_arrays(optimizer, kept.part(part))
        first, history, strip = kept.config["step"], kept.config["history"], strip_of(kept)

    def keep(step):
        held = arrays_of(run.models, strip)
        for part, optimizer in run.optimizers.items():
            held |= {f"{part}.{key}": a for key, a in optimizer_arrays(optimizer).items()}
        checkpoints.save(state, held, {"settings": settings, "step": step, "history": history})
        config = settings | beside | {"step": step, "history": rounded(history)}
        config["made with"] = environment()
        checkpoints.save(result, arrays_of(run.shipped, strip), config)

    if not strip:
        strip[0] = as_bytes(draw(few))
    losses, begun = [], perf_counter()
    for step in (bar := tqdm(range(first, min(steps, until or steps)), initial=first, total=steps)):
        losses.append(run.step(batch_of(step), step, steps))
        done = step + 1
        if done in SHOWN or done == steps:
            strip[done] = as_bytes(draw(few))
        if done % every == 0 or done == steps:
            seconds, before = (perf_counter() - begun) / len(losses), perf_counter()
            row = {"step": done}
            row |= {key: float(np.mean([loss[key] for loss in losses])) for key in losses[0]}
            row |= judge(draw(None))
            for key, value in row.items():
                history.setdefault(key, []).append(value)
            told = ", ".join(f"{key} {value:.4g}" for key, value in row.items())
            bar.write(f"{told}; {seconds:.3f} s a step, {perf_counter() - before:.0f} s to judge")
            keep(done)
            losses, begun = [], perf_counter()
    return result


# ---- what is kept ----


def restored(state, settings, models):
    """What a training left in the file ``state``, its weights put back; None if there is none."""
    if not state.exists():
        return None
    kept = checkpoints.load(state)
    if kept.config["settings"] != settings:
        raise SystemExit(f"{state} is of other settings: {kept.config['settings']}")
    for part, model in models.items():
        kept.into(model, part)
    return kept


def strip_of(kept):
    """The pictures that were kept, by when they were drawn."""
    return {int(at): pictures for at, pictures in kept.part("strip").items()}


def arrays_of(models, strip):
    """Weights and kept pictures, by the names under which files hold them."""
    shown = {f"strip.{at}": pictures for at, pictures in strip.items()}
    return checkpoints.arrays_of(**models) | shown


def optimizer_arrays(optimizer):
    """Adam's state as a flat mapping of NumPy arrays; in PyTorch {} before the first step."""
    if hasattr(optimizer, "state_dict"):  # PyTorch's
        state = optimizer.state_dict()["state"]
        return {f"{i}.{k}": v.numpy().copy() for i, kept in state.items() for k, v in kept.items()}
    from keras.ops import convert_to_numpy

    return {str(i): np.array(convert_to_numpy(v)) for i, v in enumerate(optimizer.variables)}


def set_optimizer_arrays(optimizer, arrays):
    """Put back what :func:`optimizer_arrays` gave."""
    if not hasattr(optimizer, "state_dict"):
        for name, array in arrays.items():
            optimizer.variables[int(name)].assign(array)
        return
    from torch import tensor

    state = {}
    for name, array in arrays.items():
        index, key = name.split(".")
        state.setdefault(int(index), {})[key] = tensor(array)
    optimizer.load_state_dict(optimizer.state_dict() | {"state": state})


def rounded(history):
    return {name: [round(value, 4) for value in values] for name, values in history.items()}


def environment():
    """With what it was trained."""
    packages = ("numpy", "torch", "keras", "tensorflow-cpu")
    return {"python": platform.python_version(), **{p: version(p) for p in packages}}


# ---- pictures ----


def as_bytes(images):
    """Images in [-1, 1], channels first, as uint8 (N, S, S, 3)."""
    return np.round(127.5 * (images.transpose(0, 2, 3, 1) + 1)).astype("uint8")


def channels_last(images):
    return np.ascontiguousarray(images.transpose(0, 2, 3, 1))
