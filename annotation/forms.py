"""Forms of the lead's pages. They parse and list choices; the verbs decide."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from annotation.models import Batch, ImportReport, Project
from annotation.scales import SCALES
from annotation.sources import Source, fitting, sources_of
from rubrics.models import RubricVersion
from workforce.numerals import whole_number


class OpenBatchForm(forms.Form):
    """What to label, how, and how often."""

    name = forms.CharField(label="Name", max_length=120, error_messages={"required": "Give the batch a name."})
    kind = forms.ChoiceField(label="Kind", choices=Batch.Kind.choices, initial=Batch.Kind.PAIRWISE)
    source = forms.ChoiceField(
        label="Items from", choices=[], error_messages={"required": "Choose what is to be labelled."}
    )
    fresh = forms.BooleanField(label="Leave out what is in another batch", required=False, initial=True)
    limit = forms.IntegerField(
        label="At most",
        min_value=1,
        max_value=100_000,
        required=False,
        help_text="The first so many items. Empty: all that fit.",
    )
    scale = forms.ChoiceField(
        label="Scale of a pair", choices=[(s.id, s.name) for s in SCALES.values()], initial="pref7", required=False
    )
    overlap = forms.IntegerField(
        label="Answers per item", min_value=1, max_value=100, initial=2, help_text="Agreement needs at least 2."
    )
    rubric_version = forms.ModelChoiceField(
        label="Rubric version",
        queryset=RubricVersion.objects.none(),
        empty_label=None,
        error_messages={"required": "Choose a published version."},
    )
    lease_minutes = forms.IntegerField(
        label="Minutes to answer one item",
        min_value=1,
        max_value=1440,
        initial=30,
        help_text="Then the item goes to somebody else.",
    )

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.project = project
        published = RubricVersion.objects.filter(rubric__team=project.team, state=RubricVersion.State.PUBLISHED)
        ordered = published.select_related("rubric").order_by("rubric__name", "-number")
        versions: forms.ModelChoiceField = self.fields["rubric_version"]  # type: ignore[assignment]
        versions.queryset = ordered
        mine = next((v for v in ordered if v.rubric_id == project.rubric_id), None)
        versions.initial = mine or ordered.first()
        choices: forms.ChoiceField = self.fields["source"]  # type: ignore[assignment]
        sources = sources_of(project)
        choices.choices = [(source.key, source.label) for source in sources]
        kind = self.fields["kind"].initial
        choices.initial = next((s.key for s in sources if fitting(s, kind=kind, fresh=True).exists()), None)

    def source_chosen(self) -> Source:
        """The source behind the chosen key. Only after is_valid()."""
        return next(s for s in sources_of(self.project) if s.key == self.cleaned_data["source"])


class ImportForm(forms.Form):
    """A JSONL file and what its rows are."""

    kind = forms.ChoiceField(label="What the rows are", choices=ImportReport.Kind.choices)
    prompt_set = forms.CharField(
        label="Add the prompts to a set",
        max_length=80,
        required=False,
        help_text="The name of a new or existing prompt set. For prompts only; empty: no set.",
    )
    file = forms.FileField(label="File", error_messages={"required": "Choose a JSONL file."})

    def clean_file(self) -> UploadedFile:
        file: UploadedFile = self.cleaned_data["file"]
        if (file.size or 0) > settings.IMPORT_MAX_BYTES:
            limit = settings.IMPORT_MAX_BYTES // 2**20
            raise forms.ValidationError(f"The file is larger than {limit} MB. Split it, or ask for a higher limit.")
        return file


class BatchesField(forms.ModelMultipleChoiceField):
    """Some of the batches in `queryset`; a key that no database can hold is no valid choice either."""

    def clean(self, value: Any) -> Any:
        for key in value or ():
            if whole_number(str(key)) is None:
                raise forms.ValidationError(self.error_messages["invalid_choice"], params={"value": key})
        return super().clean(value)


class FreezePreferencesForm(forms.Form):
    """Which batches become a preference set."""

    name = forms.CharField(label="Name", max_length=120, error_messages={"required": "Give the set a name."})
    batches = BatchesField(
        label="Batches",
        queryset=Batch.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one batch."},
    )
    min_judgments = forms.IntegerField(
        label="Answers an item needs", min_value=1, max_value=100, initial=1, help_text="Items with fewer stay out."
    )
    seed = forms.IntegerField(
        label="Seed of the split", min_value=0, max_value=2**31 - 1, initial=0, help_text="Split by prompt."
    )

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        batches: BatchesField = self.fields["batches"]  # type: ignore[assignment]
        batches.queryset = project.batches.exclude(kind=Batch.Kind.DEMONSTRATION).order_by("-number")


class FreezeDemonstrationsForm(forms.Form):
    """Which demonstrations become a set: those of some batches, or all of the project."""

    name = forms.CharField(label="Name", max_length=120, error_messages={"required": "Give the set a name."})
    batches = BatchesField(
        label="Only from these batches",
        queryset=Batch.objects.none(),
        widget=forms.CheckboxSelectMultiple,
        required=False,
        help_text="None chosen: every demonstration of the project, imported ones too.",
    )

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        batches: BatchesField = self.fields["batches"]  # type: ignore[assignment]
        batches.queryset = project.batches.filter(kind=Batch.Kind.DEMONSTRATION).order_by("-number")
