"""Forms of the lead's pages. They parse and list choices; the verbs decide."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile

from annotation.batch_options import PLAIN, BatchOptions
from annotation.models import Batch, ImportReport, Project
from annotation.scales import SCALES
from annotation.sources import Source, first_fitting, sources_of
from annotation.steering_forms import ScheduleForm, SomeField
from rubrics.models import RubricVersion
from workforce.choices import offer
from workforce.models import Skill, Vendor

NAMED = ("category", "severity", "pass_at", "deadline")
QUALITY = ("gold_rate", "repeat_rate", "audit_share", "audit_overlap", "overlap_most")
PREFERENCES = (Batch.Kind.PAIRWISE, Batch.Kind.RANKING)


class OpenBatchForm(ScheduleForm):
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
    with_criteria = forms.BooleanField(label="The rubric’s criteria, before the verdict", required=False)
    improving = forms.BooleanField(
        label="An improved version of the preferred answer, if the rater likes", required=False
    )
    best_worst = forms.BooleanField(
        label="Only the best and the worst, if the rater likes (six or more)", required=False
    )
    fast = forms.BooleanField(label="Fast mode: a grade sends itself, with five seconds to undo", required=False)
    show_words = forms.BooleanField(
        label="Show how long each answer is", required=False, help_text="Off by default: it invites judging by length."
    )
    reason_share = forms.IntegerField(
        label="Items that need a reason, in percent",
        min_value=0,
        max_value=100,
        initial=10,
        required=False,
        help_text="A random audit sample, announced on the batch card. Both bad always needs one; fast mode takes 0.",
    )
    gold_rate = forms.IntegerField(
        label="Gold, in percent of a rater’s items",
        min_value=0,
        max_value=50,
        initial=0,
        required=False,
        help_text="Items with a panel’s answer, among the work; nobody can tell which. Five of a rater’s first ten.",
    )
    repeat_rate = forms.IntegerField(
        label="Repeats, in percent",
        min_value=0,
        max_value=20,
        initial=0,
        required=False,
        help_text="An item of their own once more, with the sides swapped.",
    )
    audit_share = forms.IntegerField(
        label="Audit stratum, in percent of the items",
        min_value=0,
        max_value=100,
        initial=0,
        required=False,
        help_text="Drawn at random now; nothing changes how often they are answered.",
    )
    audit_overlap = forms.IntegerField(
        label="Answers per audited item",
        min_value=1,
        max_value=100,
        required=False,
        help_text="Empty: as many as an item can take.",
    )
    overlap_most = forms.IntegerField(
        label="Answers at most where people are split",
        min_value=3,
        max_value=100,
        required=False,
        help_text="One more is asked until they agree. Empty: every item takes the same.",
    )
    requires = SomeField(label="Raters need all these skills", queryset=Skill.objects.none(), required=False)
    vendors = SomeField(
        label="Only raters of these vendors",
        queryset=Vendor.objects.none(),
        required=False,
        help_text="None ticked: everybody’s raters.",
    )
    one_per_prompt = forms.BooleanField(
        label="Nobody gets two items of one prompt",
        required=False,
        initial=True,
        help_text="In this batch, or after another batch of the project. With few raters, items may be left over.",
    )
    mode = forms.ChoiceField(label="Mode", choices=Batch.Mode.choices, initial=Batch.Mode.WORK, required=False)
    grants = forms.CharField(
        label="Passing gives the skill",
        max_length=120,
        required=False,
        help_text="One of the team’s, or the name of a new one. Empty: none.",
    )
    pass_at = forms.IntegerField(
        label="Right answers needed to pass", min_value=1, required=False, help_text="Out of the items of the round."
    )
    category = forms.ChoiceField(
        label="Distressing content", choices=[("", "none"), *Batch.Category.choices], required=False
    )
    severity = forms.ChoiceField(label="How severe", choices=[("", "–"), *Batch.Severity.choices], required=False)

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.project = project
        self.fields["priority"].required = False
        published = RubricVersion.objects.filter(rubric__team=project.team, state=RubricVersion.State.PUBLISHED)
        ordered = published.select_related("rubric").order_by("rubric__name", "-number")
        versions = offer(self.fields["rubric_version"], rows=ordered)
        mine = next((v for v in versions if v.rubric_id == project.rubric_id), None)
        self.fields["rubric_version"].initial = mine or next(iter(versions), None)
        choices: forms.ChoiceField = self.fields["source"]  # type: ignore[assignment]  # declared as one above
        self.sources = sources_of(project)
        choices.choices = [(source.key, source.label) for source in self.sources]
        choices.initial = first_fitting(project, kind=self.fields["kind"].initial)
        self.skills = offer(self.fields["requires"], rows=project.team.skills.order_by("name"))
        offer(self.fields["vendors"], rows=project.team.vendors.all())
        self.fields["grants"].widget.attrs["list"] = "skills"

    def source_chosen(self) -> Source:
        """The source behind the chosen key. Only after is_valid()."""
        return next(source for source in self.sources if source.key == self.cleaned_data["source"])

    def options(self) -> BatchOptions:
        """The chosen options but for the skill that the round grants. Only after is_valid()."""
        given = self.cleaned_data
        flags = ("with_criteria", "improving", "best_worst", "fast", "show_words", "one_per_prompt")
        labelled = given["kind"] != Batch.Kind.DEMONSTRATION and given["mode"] != Batch.Mode.CALIBRATION
        quality = {name: given[name] for name in QUALITY if labelled and given[name] is not None}
        return BatchOptions(
            **{name: given[name] for name in (*flags, *NAMED)},
            **quality,
            requires=tuple(given["requires"]),
            vendors=tuple(given["vendors"]),
            reason_share=0 if given["kind"] == Batch.Kind.DEMONSTRATION else given["reason_share"] or 0,
            mode=given["mode"] or Batch.Mode.WORK,
            priority=given["priority"] or PLAIN.priority,
        )


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


class FreezePreferencesForm(forms.Form):
    """Which batches become a preference set."""

    name = forms.CharField(label="Name", max_length=120, error_messages={"required": "Give the set a name."})
    batches = SomeField(
        label="Batches",
        queryset=Batch.objects.none(),
        error_messages={"required": "Choose at least one batch."},
    )
    min_judgments = forms.IntegerField(
        label="Answers an item needs", min_value=1, max_value=100, initial=1, help_text="Items with fewer stay out."
    )
    seed = forms.IntegerField(
        label="Seed of the split", min_value=0, max_value=2**31 - 1, initial=0, help_text="Split by prompt."
    )

    rulings = forms.BooleanField(
        label="Where a lead ruled which answer is right, that counts; the votes stay beside it",
        required=False,
        initial=True,
    )

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        batches: SomeField = self.fields["batches"]  # type: ignore[assignment]  # declared as one above
        batches.queryset = project.batches.filter(kind__in=PREFERENCES).order_by("-number")


class FreezeDemonstrationsForm(forms.Form):
    """Which demonstrations become a set: those of some batches, or all of the project."""

    name = forms.CharField(label="Name", max_length=120, error_messages={"required": "Give the set a name."})
    batches = SomeField(
        label="Only from these batches",
        queryset=Batch.objects.none(),
        required=False,
        help_text="None chosen: every demonstration of the project, imported ones too.",
    )

    def __init__(self, *args: Any, project: Project, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        batches: SomeField = self.fields["batches"]  # type: ignore[assignment]  # declared as one above
        batches.queryset = project.batches.filter(kind=Batch.Kind.DEMONSTRATION).order_by("-number")
