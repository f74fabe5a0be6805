"""What a run was given and what it left: settings against their preset, inputs, samples, checkpoints."""

import dataclasses
from dataclasses import dataclass
from typing import Any

from training.curve_catalogue import CATALOGUE
from training.curves import Record
from training.models import RunSample, TrainingRun
from training.numbers import spoken
from training.places import out_folder
from training.presets import PRESETS
from training.rlhf.configs import CONFIGS

# Chosen as inputs, or by the machine: not part of a preset.
NOT_SETTINGS = {"base", "reward_model", "seed", "threads"}


@dataclass(frozen=True)
class Setting:
    """A setting of a kind of run: its one line of help and its value under each preset."""

    name: str
    help: str
    presets: dict[str, Any]
    kind: str
    choices: tuple[str, ...]
    low: float | None
    high: float | None
    above: float | None
    nullable: bool

    @property
    def spoken(self) -> dict[str, str]:
        return {preset: say(value) for preset, value in self.presets.items()}


@dataclass(frozen=True)
class Change:
    name: str
    help: str
    preset: str
    value: str


@dataclass(frozen=True)
class Changes:
    preset: str
    changed: list[Change]


@dataclass(frozen=True)
class Given:
    label: str
    name: str
    digest: str
    route: str = ""
    key: int | None = None


@dataclass(frozen=True)
class Checkpoint:
    step: int
    last: bool
    on_disk: bool
    figures: str


def say(value: Any) -> str:
    """A setting's value as it is shown."""
    if value is None:
        return "not set"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return spoken(value) if isinstance(value, int | float) else str(value)


def catalogue(kind: str) -> list[Setting]:
    """The settings of a kind of run, in the order of its configuration."""
    found = []
    for field in dataclasses.fields(CONFIGS[kind]):
        if field.name in NOT_SETTINGS:
            continue
        rule = field.metadata
        default = None if field.default is dataclasses.MISSING else field.default
        words = str(field.type)
        found.append(
            Setting(
                name=field.name,
                help=rule["doc"],
                presets={name: values.get(field.name, default) for name, values in PRESETS[kind].items()},
                kind=next(k for k in ("bool", "int", "float", "str") if k in words),
                choices=rule["choices"] or (),
                low=rule["low"],
                high=rule["high"],
                above=rule["above"],
                nullable="None" in words,
            )
        )
    return found


def changes_from_preset(run: TrainingRun) -> Changes:
    """The preset from which the run's settings differ least, and where they differ."""
    settings = catalogue(run.kind)
    found = []
    for preset in PRESETS[run.kind]:
        changed = [
            Change(s.name, s.help, say(s.presets[preset]), say(run.config[s.name]))
            for s in settings
            if s.name in run.config and run.config[s.name] != s.presets[preset]
        ]
        found.append(Changes(preset, changed))
    return min(found, key=lambda c: len(c.changed))


def settings_of(run: TrainingRun) -> list[Change]:
    """All settings of the run with their help."""
    helps = {field.name: field.metadata["doc"] for field in dataclasses.fields(CONFIGS[run.kind])}
    return [Change(name, helps.get(name, ""), "", say(value)) for name, value in run.config.items()]


def inputs_shown(run: TrainingRun) -> list[Given]:
    """What the run was given, each with the digest noted at launch."""
    digests = run.input_digests
    found = []
    if run.base:
        found.append(Given("Start", run.base.name, digests.get("base", run.base.digest), "model", run.base.pk))
    if run.reward_model:
        digest = digests.get("reward_model", run.reward_model.digest)
        found.append(Given("Reward model", run.reward_model.name, digest, "model", run.reward_model.pk))
    if run.preference_set:
        frozen = run.preference_set
        found.append(Given("Preferences", str(frozen), frozen.sha256, "preference-set", frozen.number))
    if run.demonstration_set:
        shown = run.demonstration_set
        found.append(Given("Demonstrations", str(shown), shown.sha256, "demonstration-set", shown.number))
    if run.benchmark:
        found.append(Given("Benchmark", run.benchmark.name, run.benchmark.sha256))
    if run.prompt_set:
        found.append(Given("Prompts", str(run.prompt_set), digests.get("prompts", digests.get("pool", ""))))
    return found


def samples_of(run: TrainingRun, *, order: str) -> list[RunSample]:
    """The run's samples by `order`: gain, kl, length (each the largest first) or number."""
    samples = list(run.samples.all())
    for sample in samples:
        sample.gain = _difference(sample.reward_after, sample.reward_before)  # type: ignore[attr-defined]  # for the page alone
        sample.words_before = len(sample.before.split())  # type: ignore[attr-defined]  # for the page alone
        sample.words_after = len(sample.after.split())  # type: ignore[attr-defined]  # for the page alone
        asked = (message["content"] for message in reversed(sample.messages) if message["role"] == "user")
        sample.ask = next(asked, "")  # type: ignore[attr-defined]  # for the page alone
        sample.turns = len(sample.messages)  # type: ignore[attr-defined]  # for the page alone
    keys = {
        "gain": lambda s: s.gain,
        "kl": lambda s: s.kl,
        "length": lambda s: s.words_after - s.words_before,
    }
    if order not in keys:
        return samples
    return sorted(samples, key=lambda s: _last_if_none(keys[order](s)))


def checkpoints_of(run: TrainingRun, record: Record) -> list[Checkpoint]:
    """The checkpoints that are kept, newest first, with what was measured there."""
    folder = out_folder(run) / "checkpoints"
    kept = (
        {int(path.name[5:]) for path in folder.glob("step-*") if path.name[5:].isdigit()} if folder.is_dir() else set()
    )
    steps = kept | ({run.last_checkpoint} if run.last_checkpoint is not None else set())
    metrics = [spec.metrics[0] for spec in CATALOGUE.get(run.kind, ())[:2]]
    rows = {row.step: row.values for row in record.rows}
    found = []
    for step in sorted(steps, reverse=True):
        values = rows.get(step, {})
        figures = ", ".join(f"{label} {say(values[name])}" for name, label in metrics if name in values)
        found.append(Checkpoint(step, step == run.last_checkpoint, step in kept, figures))
    return found


def _difference(after: float | None, before: float | None) -> float | None:
    return None if after is None or before is None else after - before


def _last_if_none(value: float | None) -> tuple[bool, float]:
    return (value is None, -(value or 0.0))
