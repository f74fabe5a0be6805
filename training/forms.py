"""Forms of the training pages. They parse and say what a field wants; the verbs decide."""

from dataclasses import dataclass
from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from annotation.models import DemonstrationSet, PreferenceSet, Project, PromptSet
from rubrics.models import RubricVersion
from training.describing import Setting, catalogue
from training.inputs import NEEDED, WELCOME
from training.lessons import LESSON_SETTINGS, said
from training.models import Benchmark, ModelAlias, ModelVersion, TrainingRun
from training.numbers import spoken
from training.presets import PRESETS
from workforce.choices import offer

LAUNCHED_BY_HAND = (TrainingRun.Kind.SFT, TrainingRun.Kind.REWARD, TrainingRun.Kind.DPO, TrainingRun.Kind.PPO)
PRESET_WORDS = {
    "smoke": "Smoke — a few steps with short texts, seconds to two minutes. Shows that everything fits together.",
    "small": "Small — a model of 135 million parameters on two CPU cores, minutes. Learns, a little.",
    "standard": "Standard — long texts and large batches on a GPU, hours.",
}
AS_PRESET = "as in the preset"
SETTING = "setting_"
NOT_SET = {"none", "null", "not set"}


class NumberOrNothing(forms.FloatField):
    """A number, the words “not set”, or empty for the preset's value."""

    widget = forms.TextInput

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and value.strip().lower() in NOT_SET:
            return "not set"
        return super().to_python(value)

    def validate(self, value: Any) -> None:
        if value != "not set":
            super().validate(value)

    def run_validators(self, value: Any) -> None:
        if value != "not set":
            super().run_validators(value)


class RunForm(forms.Form):
    """A new run of one kind: what it is given, where it starts, and what differs from the preset."""

    name = forms.CharField(max_length=120, required=False, help_text="Empty: kind and number.")
    preset = forms.ChoiceField(widget=forms.RadioSelect)
    seed = forms.IntegerField(min_value=0, max_value=2**31 - 1, initial=0, help_text="The same seed, the same run.")

    def __init__(self, *args: Any, project: Project, kind: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.kind = kind
        self.needed = NEEDED[kind]
        self.catalogue = catalogue(kind)
        preset = self.fields["preset"]
        assert isinstance(preset, forms.ChoiceField)  # noqa: S101 (declared above)
        preset.choices = [(name, PRESET_WORDS.get(name, name)) for name in PRESETS[kind]]
        for name in self.needed:
            self.fields[name] = _input_field(name, project)
        for name in WELCOME.get(kind, ()):
            self.fields[name] = _input_field(name, project, required=False)
        for setting in self.catalogue:
            made = _lesson_field(setting) if self._is_lesson(setting) else _setting_field(setting)
            self.fields[SETTING + setting.name] = made

    def inputs(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in (*self.needed, *WELCOME.get(self.kind, ()))}

    def overrides(self) -> dict[str, Any]:
        """The settings that were filled in, with “not set” as None."""
        given = {s.name: self.cleaned_data.get(SETTING + s.name) for s in self.catalogue}
        found: dict[str, Any] = {}
        for setting in self.catalogue:
            value = given[setting.name]
            if value in (None, ""):
                continue
            if setting.kind == "bool":
                value = value == "yes"
            found[setting.name] = None if setting.nullable and value in NOT_SET else value
        return found

    def refuse(self, message: str, fields: dict[str, Any] | None) -> None:
        """Put a verb's refusal beside the fields it names, or above the form."""
        placed = False
        for name, words in (fields or {}).items():
            for field in (name, SETTING + name):
                if field in self.fields:
                    self.add_error(field, str(words))
                    placed = True
        if not placed:
            self.add_error(None, message)

    def data_fields(self) -> list[forms.BoundField]:
        names = (*self.needed, *WELCOME.get(self.kind, ()))
        return [self[name] for name in names if name not in ("base", "reward_model")]

    def model_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.needed if name in ("base", "reward_model")]

    def lesson_fields(self) -> list[forms.BoundField]:
        """What is learned from the votes: asked with the data, not among the settings."""
        return [self[SETTING + setting.name] for setting in self.catalogue if self._is_lesson(setting)]

    def setting_rows(self) -> list[tuple[Setting, forms.BoundField]]:
        return [(setting, self[SETTING + setting.name]) for setting in self.catalogue if not self._is_lesson(setting)]

    def _is_lesson(self, setting: Setting) -> bool:
        return "preference_set" in self.needed and setting.name in LESSON_SETTINGS

    def settings_touched(self) -> bool:
        """Whether a setting is filled in or refused, so that the list should stand open."""
        return any(bool(field.value()) or bool(field.errors) for _, field in self.setting_rows())


class RoundForm(forms.Form):
    """A new round: who writes, who scores, and how many items of which kind come of it."""

    policy = forms.ModelChoiceField(ModelVersion.objects.none(), help_text="Writes the answers.")
    reward_model = forms.ModelChoiceField(
        ModelVersion.objects.none(), help_text="Scores them and says where it is unsure."
    )
    prompt_set = forms.ModelChoiceField(PromptSet.objects.none(), label="Prompts")
    items = forms.IntegerField(min_value=1, max_value=100_000, initial=20, help_text="Pairs that people will compare.")
    holdout_share = forms.FloatField(
        min_value=0.05,
        max_value=1,
        initial=0.2,
        label="Random holdout",
        help_text="Share drawn at random, 0.1 to 0.2 as a rule. Without it the next evaluation is biased.",
    )
    answers_per_prompt = forms.IntegerField(min_value=2, max_value=9, initial=2, help_text="2 to 9.")
    overlap = forms.IntegerField(min_value=1, max_value=100, initial=1, help_text="Raters per pair.")
    seed = forms.IntegerField(min_value=0, max_value=2**31 - 1, initial=0)

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        models = ModelVersion.objects.filter(project=project)
        _offer(self.fields["policy"], models.filter(kind=ModelVersion.Kind.POLICY))
        _offer(self.fields["reward_model"], models.filter(kind=ModelVersion.Kind.REWARD))
        _offer(self.fields["prompt_set"], PromptSet.objects.filter(project=project).order_by("-id"))


class OpenRoundForm(forms.Form):
    """The batch that a proposal becomes."""

    name = forms.CharField(max_length=120, required=False, label="Name of the batch (optional)")
    rubric_version = forms.ModelChoiceField(RubricVersion.objects.none(), label="Rubric")

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        published = RubricVersion.objects.filter(rubric__team=project.team_id, state=RubricVersion.State.PUBLISHED)
        newest = published.select_related("rubric").order_by("-published_at")
        own = [
            version
            for version in _offer(self.fields["rubric_version"], newest)
            if version.rubric_id == project.rubric_id
        ]
        newest_own = max(own, key=lambda version: version.number, default=None)
        self.fields["rubric_version"].initial = newest_own.pk if newest_own else None


class BenchmarkForm(forms.Form):
    """A file of prompts with right and wrong answers, and what it is called here."""

    name = forms.CharField(max_length=120, required=False, help_text="Empty: the file’s name.")
    file = forms.FileField(label="File", error_messages={"required": "Choose a JSONL file."})

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > settings.IMPORT_MAX_BYTES:
            limit = settings.IMPORT_MAX_BYTES // 2**20
            raise forms.ValidationError(f"The file is larger than {limit} MB. Split it, or ask for a higher limit.")
        return file


class EvaluateForm(forms.Form):
    """Which benchmark a reward model is held against."""

    benchmark = forms.ModelChoiceField(
        Benchmark.objects.none(),
        label="Benchmark",
        empty_label="Choose one",
        error_messages={"required": "Choose a benchmark."},
    )

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["benchmark"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 (declared as one)
        field.queryset = Benchmark.objects.filter(project=project)


class SendForm(forms.Form):
    """How samples are compared by people."""

    rubric_version = forms.ModelChoiceField(RubricVersion.objects.none(), label="Rubric")
    overlap = forms.IntegerField(min_value=1, max_value=100, initial=2, label="Raters per pair")

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["rubric_version"]
        assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 (declared as one)
        published = RubricVersion.objects.filter(rubric__team=project.team_id, state=RubricVersion.State.PUBLISHED)
        field.queryset = published
        # Asked once: a select without an empty choice looks at its first one before it is drawn.
        newest = published.select_related("rubric").order_by("-published_at")
        field.widget.choices = [(version.pk, str(version)) for version in newest]


class AliasForm(forms.Form):
    """A name for a model that may move to another one later."""

    name = forms.ChoiceField(choices=ModelAlias.Name.choices, label="Alias")


def _offer(field: forms.Field, rows: Any) -> list[Any]:
    """Offer the rows, of which the first is chosen until another one is; gives them."""
    assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 (declared as one)
    read = list(rows)
    field.initial = read[0].pk if read else None
    field.empty_label = "Choose" if read else "There is none yet"
    return offer(field, rows=rows, read=read)


def _input_field(name: str, project: Project, *, required: bool = True) -> forms.ModelChoiceField:
    models = ModelVersion.objects.filter(project=project)
    rows, label, words = {
        "base": (models.filter(kind=ModelVersion.Kind.POLICY), "Start from", "The model whose weights it begins with."),
        "reward_model": (
            models.filter(kind=ModelVersion.Kind.REWARD),
            "Reward model",
            "Scores what the policy writes.",
        ),
        "preference_set": (
            PreferenceSet.objects.filter(project=project),
            "Preference set",
            "Frozen; learned from its train split.",
        ),
        "demonstration_set": (
            DemonstrationSet.objects.filter(project=project),
            "Demonstration set",
            "Frozen; learned from its train split.",
        ),
        "prompt_set": (
            PromptSet.objects.filter(project=project).order_by("-id"),
            "Prompt set",
            "The policy answers these.",
        ),
        "benchmark": (
            Benchmark.objects.filter(project=project),
            "Benchmark",
            "Scored once at the end; it can also be done later.",
        ),
    }[name]
    words_of_absence = {"required": f"Choose one: {label.lower()}."}
    field = forms.ModelChoiceField(
        rows, label=label, help_text=words, required=required, error_messages=words_of_absence
    )
    _offer(field, rows)
    if not required and field.initial is not None:
        field.initial, field.empty_label = None, "None"
    return field


@dataclass(frozen=True)
class GreaterThan:
    """Refuses a number at or below the bound."""

    bound: float

    def __call__(self, value: float) -> None:
        if value <= self.bound:
            raise forms.ValidationError(f"Must be greater than {spoken(self.bound)}.")


def _lesson_field(setting: Setting) -> forms.Field:
    """A choice in words; it stands at what all presets of the kind have."""
    choices = [(value, said(setting.name, value)) for value in setting.choices]
    usual = next(iter(setting.presets.values()))
    words: dict[str, Any] = {"label": LESSON_SETTINGS[setting.name], "initial": usual, "required": False}
    if setting.name == "labels":
        return forms.ChoiceField(choices=choices, widget=forms.RadioSelect, **words)
    return forms.ChoiceField(choices=choices, **words)


def _setting_field(setting: Setting) -> forms.Field:
    """A field that is empty for the preset's value."""
    words: dict[str, Any] = {"label": setting.name, "required": False, "help_text": setting.help}
    bounds = [] if setting.above is None else [GreaterThan(setting.above)]
    if setting.choices:
        return forms.ChoiceField(choices=[("", AS_PRESET), *((c, c) for c in setting.choices)], **words)
    if setting.kind == "bool":
        return forms.ChoiceField(choices=[("", AS_PRESET), ("yes", "yes"), ("no", "no")], **words)
    if setting.nullable and setting.kind != "str":
        return NumberOrNothing(min_value=setting.low, max_value=setting.high, validators=bounds, **words)
    if setting.kind == "int":
        low, high = (None if bound is None else int(bound) for bound in (setting.low, setting.high))
        return forms.IntegerField(min_value=low, max_value=high, **words)
    if setting.kind == "float":
        widget = forms.NumberInput(attrs={"step": "any"})
        return forms.FloatField(
            min_value=setting.low, max_value=setting.high, widget=widget, validators=bounds, **words
        )
    return forms.CharField(max_length=200, **words)
