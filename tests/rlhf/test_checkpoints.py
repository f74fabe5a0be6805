"""A checkpoint is whole or not there, holds no pickle, and gives back every bit."""

import json
import random
from pathlib import Path

import numpy
import pytest
import torch

from training.rlhf.checkpoints import (
    better,
    digest_folder,
    latest_checkpoint,
    newest_checkpoint,
    optimiser_state,
    restore_optimiser,
    restore_rng,
    rng_state,
    save_checkpoint,
)
from training.rlhf.folders import atomic_folder


def save(out: Path, step: int) -> None:
    save_checkpoint(out, step, tensors={"weights": {"w": torch.full((3,), float(step))}}, state={"step": step})


def test_the_last_two_are_kept_and_hold_safetensors_and_json_only(tmp_path: Path) -> None:
    for step in (5, 10, 15):
        save(tmp_path, step)
    names = sorted(path.name for path in (tmp_path / "checkpoints").iterdir())
    assert names == ["step-000010", "step-000015"]
    files = {path.suffix for path in tmp_path.rglob("*") if path.is_file()}
    assert files == {".safetensors", ".json"}
    newest = latest_checkpoint(tmp_path)
    assert newest is not None
    assert (newest.step, newest.state()["step"], newest.tensors("weights")["w"].tolist()) == (15, 15, [15.0] * 3)
    assert newest.digest == digest_folder(newest.path)


def test_the_best_is_kept_beside_the_last_two(tmp_path: Path) -> None:
    best = None
    for step, figure in enumerate([3.0, 1.0, 1.0, 2.0, 5.0], start=1):
        best = better(best, step, figure)
        save_checkpoint(tmp_path, step, tensors={"weights": {"w": torch.ones(1)}}, state={}, best=best["step"])
    assert best == {"step": 2, "figure": 1.0}
    names = sorted(path.name for path in (tmp_path / "checkpoints").iterdir())
    assert names == ["step-000002", "step-000004", "step-000005"]


@pytest.mark.parametrize("name", ["weights.safetensors", "state.json", "manifest.json"])
def test_one_flipped_bit_and_the_previous_one_is_used(tmp_path: Path, name: str) -> None:
    save(tmp_path, 1)
    save(tmp_path, 2)
    path = tmp_path / "checkpoints" / "step-000002" / name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    newest = latest_checkpoint(tmp_path)
    assert newest is not None
    assert newest.step == 1


def test_a_missing_or_added_file_is_noticed(tmp_path: Path) -> None:
    save(tmp_path, 1)
    (tmp_path / "checkpoints" / "step-000001" / "more.json").write_text("{}")
    assert latest_checkpoint(tmp_path) is None


def test_an_interrupted_write_leaves_the_old_folder(tmp_path: Path) -> None:
    target = tmp_path / "model"
    with atomic_folder(target) as fresh:
        (fresh / "a").write_text("old")
    with pytest.raises(RuntimeError), atomic_folder(target) as fresh:
        (fresh / "a").write_text("new")
        raise RuntimeError
    assert (target / "a").read_text() == "old"
    assert [path.name for path in tmp_path.iterdir()] == ["model"]
    with atomic_folder(target) as fresh:
        (fresh / "b").write_text("new")
    assert [path.name for path in target.iterdir()] == ["b"]


def test_an_optimiser_and_the_generators_go_on_as_if_nothing_happened(tmp_path: Path) -> None:
    def train(weight: torch.nn.Parameter, optimiser: torch.optim.Optimizer, steps: int) -> None:
        for _ in range(steps):
            loss = (weight * torch.randn(4) * random.random() * numpy.random.rand()).square().sum()
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()

    torch.manual_seed(1)
    weight = torch.nn.Parameter(torch.ones(4))
    optimiser = torch.optim.AdamW([weight], lr=0.1, amsgrad=True)
    train(weight, optimiser, 3)
    slots, plain = optimiser_state(optimiser)
    generators, numbers = rng_state()
    kept = save_checkpoint(
        tmp_path,
        3,
        tensors={"weights": {"w": weight}, "optimiser": slots, "rng": generators},
        state={"optimiser": plain, "rng": numbers},
    )
    train(weight, optimiser, 3)

    state = json.loads(json.dumps(kept.state()))
    other = torch.nn.Parameter(kept.tensors("weights")["w"])
    resumed = torch.optim.AdamW([other], lr=0.1, amsgrad=True)
    restore_optimiser(resumed, kept.tensors("optimiser"), state["optimiser"])
    restore_rng(kept.tensors("rng"), state["rng"])
    train(other, resumed, 3)
    assert torch.equal(other, weight)


def test_what_is_saved_after_damage_is_kept(tmp_path: Path) -> None:
    for step in (5, 10):
        save(tmp_path, step)
        (tmp_path / "checkpoints" / f"step-{step:06d}" / "state.json").unlink()
    save(tmp_path, 1)  # both were damaged, so the run began anew
    newest = latest_checkpoint(tmp_path)
    assert newest is not None
    assert newest.step == 1


def test_what_a_killed_write_left_is_swept(tmp_path: Path) -> None:
    save(tmp_path, 1)
    left = tmp_path / "checkpoints" / ".step-000002-abc"
    left.mkdir()
    (left / "weights.safetensors").write_bytes(b"half")
    save(tmp_path, 2)
    assert not left.exists()


def test_a_checkpoint_that_says_nothing_of_itself_is_not_told_of(tmp_path: Path) -> None:
    save(tmp_path, 1)
    (tmp_path / "checkpoints" / "step-000001" / "manifest.json").unlink()
    assert newest_checkpoint(tmp_path) is None
