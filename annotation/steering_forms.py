"""Forms of the pages on which a lead steers a batch. They parse; the verbs decide."""

from datetime import UTC, datetime
from typing import Any

from django import forms

from annotation.models import Batch
from annotation.models.tasks import MOST_GOLD, MOST_REPEATS
from annotation.stating import REASON_MAX
from workforce.choices import offer
from workforce.models import Skill, Vendor
from workforce.numerals import whole_number


class SkillField(forms.ModelChoiceField):
    """One of the skills in `queryset`; a key that no database can hold is no valid choice either."""

    def __init__(self, *, label: str, empty_label: str) -> None:
        super().__init__(label=label, queryset=Skill.objects.none(), required=False, empty_label=empty_label)

    def to_python(self, value: Any) -> Any:
        if value not in self.empty_values and whole_number(str(value)) is None:
            raise forms.ValidationError(self.error_messages["invalid_choice"], params={"value": value})
        return super().to_python(value)


class SomeField(forms.ModelMultipleChoiceField):
    """Some of what is in `queryset`, ticked; a key that no database can hold is no valid choice either."""

    widget = forms.CheckboxSelectMultiple

    def clean(self, value: Any) -> Any:
        for key in value or ():
            if whole_number(str(key)) is None:
                raise forms.ValidationError(self.error_messages["invalid_choice"], params={"value": key})
        return super().clean(value)


class OverlapForm(forms.Form):
    """How many answers each item takes."""

    overlap = forms.IntegerField(label="Answers per item", min_value=1, max_value=100)


class ScheduleForm(forms.Form):
    """How urgent a batch is. Times are UTC, as everywhere on leads' pages."""

    priority = forms.IntegerField(
        label="Priority", min_value=1, max_value=9, initial=5, help_text="1 is served first, 9 last."
    )
    deadline = forms.DateTimeField(
        label="Deadline (UTC)",
        required=False,
        input_formats=["%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%d"],
        widget=forms.DateTimeInput(attrs={"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
        help_text="Of two batches of one priority, the one that is due first is served first. Empty: none.",
    )

    def clean_deadline(self) -> datetime | None:
        given: datetime | None = self.cleaned_data["deadline"]
        return given.replace(tzinfo=UTC) if given else None


class ChecksForm(forms.Form):
    """How often raters are given something to check them by."""

    gold_rate = forms.IntegerField(
        label="Gold, in percent of a rater’s items", min_value=0, max_value=MOST_GOLD, help_text="0: no more of it."
    )
    repeat_rate = forms.IntegerField(label="Repeats, in percent", min_value=0, max_value=MOST_REPEATS)


class RouteForm(forms.Form):
    """To whom the items go."""

    requires = SomeField(label="Raters need all these skills", queryset=Skill.objects.none(), required=False)
    vendors = SomeField(
        label="Only raters of these vendors",
        queryset=Vendor.objects.none(),
        required=False,
        help_text="None ticked: everybody’s raters.",
    )
    expertise_to = SkillField(label="Items that need expertise go to", empty_label="the desk, held")
    language_to = SkillField(label="Items in another language go to", empty_label="the desk, held")

    def __init__(self, *args: Any, batch: Batch, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        team = batch.project.team_id
        offer(self.fields["vendors"], rows=Vendor.objects.filter(team=team))
        skills: list[Skill] | None = None
        for name in ("requires", "expertise_to", "language_to"):
            skills = offer(self.fields[name], rows=Skill.objects.filter(team=team), read=skills)


class ReasonForm(forms.Form):
    """Why a lead does what they do."""

    reason = forms.CharField(
        label="Why",
        max_length=REASON_MAX,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Kept in the audit log.",
        error_messages={"required": "Give a reason; others will read it in the audit log."},
    )


class SettleForm(ReasonForm):
    """What is to happen with an item on the desk."""

    ACTIONS = [
        ("return", "Return to the queue, for somebody who has not seen it"),
        ("send", "Send to raters with the skill"),
        ("out", "Take out: ask nobody any more, keep the answers"),
    ]
    action = forms.ChoiceField(
        label="What to do", choices=ACTIONS, widget=forms.RadioSelect, error_messages={"required": "Choose one."}
    )
    skill = SkillField(label="Skill", empty_label="–")

    def __init__(self, *args: Any, skills: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(self.fields["skill"], rows=skills)

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if given.get("action") == "send" and given.get("skill") is None and "skill" not in self.errors:
            self.add_error("skill", "Choose the skill it needs.")
        return given
