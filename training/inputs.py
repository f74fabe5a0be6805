"""What a run is given: which inputs each kind needs, their files, and the proof that they are what they were.

The digests are taken when the run is launched and taken again from the files before every start.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from annotation.freezing import set_path
from annotation.models import Prompt, Response
from training.models import TrainingRun
from training.places import benchmark_path, model_folder, run_folder
from training.rlhf.folders import atomic_file, digest_file, digest_folder
from workforce.errors import AssayError

# Columns of TrainingRun that a kind needs.
NEEDED: dict[str, tuple[str, ...]] = {
    TrainingRun.Kind.SFT: ("base", "demonstration_set"),
    TrainingRun.Kind.REWARD: ("base", "preference_set"),
    TrainingRun.Kind.DPO: ("base", "preference_set"),
    TrainingRun.Kind.PPO: ("base", "reward_model", "prompt_set"),
    TrainingRun.Kind.SAMPLE: ("base", "prompt_set"),
    TrainingRun.Kind.SCORE: ("reward_model", "prompt_set"),
    TrainingRun.Kind.BENCHMARK: ("reward_model", "benchmark"),
}
# Columns that a kind may be given beside those.
WELCOME: dict[str, tuple[str, ...]] = {TrainingRun.Kind.REWARD: ("benchmark",)}
MOST_ANSWERS = 9  # of one prompt in a pool, as in a comparison


class InputMissing(AssayError):
    """Something this run was given is not on disk any more. Its row is safe. Restore it, then resume the run."""

    code = "input_missing"
    status = 409


class InputChanged(AssayError):
    """Something this run was given is not what it was. Nothing was trained on it. Restore it, then resume the run."""

    code = "bad_digest"
    status = 409


@dataclass(frozen=True)
class Input:
    """A file or model folder, and the SHA-256 it must have."""

    name: str
    words: str
    path: Path
    digest: str

    @property
    def sentence_start(self) -> str:
        """The words with a capital, names in them left as they are."""
        return self.words[0].upper() + self.words[1:]

    def current_digest(self) -> str:
        """SHA-256 of what is on disk now; empty if nothing is."""
        if self.path.is_dir():
            return digest_folder(self.path)
        return digest_file(self.path) if self.path.is_file() else ""


def inputs_of(run: TrainingRun) -> list[Input]:
    """Everything the run reads, models first, with the digests that were noted at launch."""
    found: list[tuple[str, str, Path]] = []
    if run.base:
        found.append(("base", f"the model {run.base.name}", model_folder(run.base)))
    if run.reward_model:
        found.append(("reward_model", f"the reward model {run.reward_model.name}", model_folder(run.reward_model)))
    if run.preference_set:
        found.append(
            ("preferences", f"the preference set {run.preference_set}", set_path(frozen_set=run.preference_set))
        )
    if run.demonstration_set:
        words = f"the demonstration set {run.demonstration_set}"
        found.append(("demonstrations", words, set_path(frozen_set=run.demonstration_set)))
    if run.benchmark:
        found.append(("benchmark", f"the benchmark {run.benchmark}", benchmark_path(run.benchmark)))
    if run.kind == TrainingRun.Kind.SCORE:
        found.append(("pool", "the pool of answers", run_folder(run) / "pool.jsonl"))
    elif run.prompt_set:
        found.append(("prompts", f"the prompts of {run.prompt_set}", run_folder(run) / "prompts.jsonl"))
    return [Input(name, words, path, run.input_digests.get(name, "")) for name, words, path in found]


def verify(inputs: Iterable[Input]) -> None:
    """Digest every input again. Raises InputMissing or InputChanged, naming it. Reads files, not the database."""
    for given in inputs:
        digest = given.current_digest()
        if not digest:
            raise InputMissing(
                f"{given.sentence_start} is not on this machine's disk (no {given.path.name}). "
                "Nothing was started and nothing is lost; put it back, then resume the run."
            )
        if digest != given.digest:
            raise InputChanged(
                f"{given.sentence_start} has the SHA-256 {digest[:12]}…, but the run was given "
                f"{given.digest[:12]}…. Nothing was trained on it; restore the original, then resume the run."
            )


def choose_prompts(prompts: Sequence[Prompt], *, limit: int | None, seed: int) -> list[Prompt]:
    """At most `limit` prompts, drawn by the hash of seed and content, so that the draw can be repeated anywhere."""
    ordered = sorted(prompts, key=lambda prompt: hash_order(seed, prompt.digest))
    return ordered if limit is None else ordered[:limit]


def hash_order(*parts: object) -> str:
    """A place in a random order that depends on nothing but the parts: SHA-256 of their text."""
    return hashlib.sha256("\x1f".join(str(part) for part in parts).encode()).hexdigest()


def write_prompts(path: Path, prompts: Iterable[Prompt]) -> str:
    """Write prompt records (training.rlhf.records), one a line; returns the file's SHA-256."""
    return _write(path, ({"prompt": prompt.digest, "messages": prompt.messages} for prompt in prompts))


def write_pool(path: Path, responses: Iterable[Response]) -> str:
    """Write pool records: each prompt with its newest responses, nine at most; returns the file's SHA-256."""
    by_prompt: dict[Prompt, list[Response]] = defaultdict(list)
    for response in responses:
        by_prompt[response.prompt].append(response)
    return _write(
        path,
        (
            {
                "prompt": prompt.digest,
                "messages": prompt.messages,
                "responses": [
                    {"id": answer.digest, "text": answer.text}
                    for answer in sorted(answers, key=lambda answer: answer.pk)[-MOST_ANSWERS:]
                ],
            }
            for prompt, answers in by_prompt.items()
        ),
    )


def _write(path: Path, records: Iterable[dict[str, object]]) -> str:
    """Records as JSON lines in the order of their prompts' digests."""
    lines = sorted(
        (str(record["prompt"]), json.dumps(record, sort_keys=True, ensure_ascii=False)) for record in records
    )
    with atomic_file(path) as fresh:
        fresh.write_text("".join(f"{line}\n" for _, line in lines), encoding="utf-8")
    return digest_file(path)
