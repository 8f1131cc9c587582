"""A training in steps: judged every so often, kept, and gone on with where it was interrupted."""

from pathlib import Path
from time import perf_counter

import numpy as np
from tqdm import tqdm

from mmref.data import checkpoints
from scripts.train_gan import as_bytes, environment, rounded

SHOWN = (0, 100, 200, 500, 1000, 2000, 5000, 10000, 20000, 50000)  # steps whose pictures are kept


def train(run, batch_of, draw, judge, settings, folder, every, few, until=None, **beside):
    """Train up to ``settings["steps"]``, from where the state is; return the checkpoint's path.

    run: has ``models`` to go on with and those ``shipped``, mappings of names; ``step(batch, done,
    steps)``, which gives named losses; and an optimizer's arrays, to take and to set.
    batch_of: step -> batch. draw: count -> pictures (N, 3, S, S) in [-1, 1]. judge: pictures of all
    -> named scores. every: so many steps apart they are judged, and the state is kept. few: how
    many pictures the checkpoint holds. until: stop there, as if interrupted. beside: what else the
    checkpoint says.
    """
    steps, name = settings["steps"], f"{settings['framework']}_{settings['name']}"
    state, result = (Path(folder) / f"{name}{end}.safetensors" for end in ("_state", ""))
    first, history, strip = 0, {"step": []}, {}
    if state.exists():
        kept = checkpoints.load(state)
        if kept.config["settings"] != settings:
            raise SystemExit(f"{state} is of other settings: {kept.config['settings']}")
        for part, model in run.models.items():
            kept.into(model, part)
        run.set_optimizer_arrays(kept.part("optimizer"))
        first, history = kept.config["step"], kept.config["history"]
        strip = {int(step): array for step, array in kept.part("strip").items()}

    def keep(step):
        shown = {f"strip.{at}": array for at, array in strip.items()}
        held = checkpoints.arrays_of(**run.models) | shown
        held |= {f"optimizer.{key}": array for key, array in run.optimizer_arrays().items()}
        checkpoints.save(state, held, {"settings": settings, "step": step, "history": history})
        config = settings | beside | {"step": step, "history": rounded(history)}
        config["made with"] = environment()
        checkpoints.save(result, checkpoints.arrays_of(**run.shipped) | shown, config)

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
