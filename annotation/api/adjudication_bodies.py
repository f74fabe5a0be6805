"""Shapes of what a lead sends to adjudicate an item."""

from typing import Any

from rest_framework import serializers

from annotation.models import Adjudication
from annotation.ruling_checks import RULINGS
from annotation.stating import REASON_MAX


class BlindBody(serializers.Serializer[Any]):
    """The lead's own answer in canonical order: {"strength"}, {"ranks"} or {"scores"}; null: they could not answer."""

    answer = serializers.JSONField(allow_null=True)


class RulingBody(serializers.Serializer[Any]):
    """A ruling. `answer` where one is right; `revises` is the id of the ruling that this one supersedes."""

    outcome = serializers.ChoiceField(choices=[outcome.value for outcome in RULINGS])
    cause = serializers.ChoiceField(choices=Adjudication.Cause.choices)
    confidence = serializers.ChoiceField(choices=Adjudication.Confidence.choices)
    note = serializers.CharField(max_length=REASON_MAX, allow_blank=True, default="")
    answer = serializers.JSONField(allow_null=True, default=None)
    gold = serializers.BooleanField(default=False)
    revises = serializers.UUIDField(allow_null=True, default=None)
