"""Shapes of request bodies. They check form only; what makes sense is the verbs' to say."""

from typing import Any

from rest_framework import serializers

from annotation.answers import MILLISECONDS_MAX
from annotation.judging import Answer
from annotation.models import Batch


class SubmitBody(serializers.Serializer[Any]):
    """One answer under the client's own key: a grade, a ranking, a text, or that it cannot be judged."""

    submission = serializers.UUIDField()
    value = serializers.IntegerField(required=False, allow_null=True, default=None, min_value=-100, max_value=100)
    ranking = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=100), required=False, allow_null=True, max_length=9
    )
    text = serializers.CharField(required=False, allow_null=True, allow_blank=True, trim_whitespace=False, default=None)
    both_bad = serializers.BooleanField(default=False)
    cant_judge = serializers.CharField(required=False, allow_null=True, allow_blank=True, max_length=40, default=None)
    reasons = serializers.ListField(child=serializers.CharField(max_length=60), required=False, max_length=50)
    rationale = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False, default="")
    flags = serializers.ListField(child=serializers.CharField(max_length=20), required=False, max_length=20)
    active_ms = serializers.IntegerField(default=0, min_value=0, max_value=MILLISECONDS_MAX)
    wall_ms = serializers.IntegerField(default=0, min_value=0, max_value=MILLISECONDS_MAX)


def answer_of(data: dict[str, Any]) -> Answer:
    """The answer in a valid SubmitBody."""
    return Answer(
        value=data["value"],
        ranking=data.get("ranking"),
        both_bad=data["both_bad"],
        cant_judge=data["cant_judge"] or "",
        reasons=data.get("reasons", []),
        rationale=data["rationale"],
        flags=data.get("flags", []),
        active_ms=data["active_ms"],
        wall_ms=data["wall_ms"],
    )


class OpenBatchBody(serializers.Serializer[Any]):
    """What to open a batch of: comparisons of a source (or all), or the prompts of a prompt set."""

    name = serializers.CharField(max_length=120)
    kind = serializers.ChoiceField(choices=Batch.Kind.choices)
    source = serializers.CharField(  # type: ignore[assignment]
        required=False, allow_blank=True, max_length=80, default=""
    )
    prompt_set = serializers.CharField(required=False, allow_blank=True, max_length=80, default="")
    rubric_version = serializers.IntegerField(required=False, allow_null=True, default=None)
    overlap = serializers.IntegerField(default=1, min_value=1, max_value=100)
    scale = serializers.CharField(default="pref7", max_length=12)
    lease_minutes = serializers.IntegerField(default=30, min_value=1, max_value=1440)


class FreezeBody(serializers.Serializer[Any]):
    """A name for the set, and the batches it is made of."""

    name = serializers.CharField(max_length=120)
    batches = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), required=False, max_length=1000
    )
    min_judgments = serializers.IntegerField(default=1, min_value=1, max_value=100)
    seed = serializers.IntegerField(default=0, min_value=0, max_value=2**31 - 1)
