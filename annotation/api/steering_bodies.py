"""Shapes of what a lead sends to steer a batch."""

from typing import Any

from rest_framework import serializers

from annotation.api.bodies import SlugsField
from annotation.models.tasks import MOST_GOLD, MOST_REPEATS
from annotation.stating import REASON_MAX
from annotation.steering_forms import SettleForm


class OverlapBody(serializers.Serializer[Any]):
    """Answers per item."""

    overlap = serializers.IntegerField(min_value=1, max_value=100)


class ScheduleBody(serializers.Serializer[Any]):
    """How urgent the batch is: 1 is served first, 9 last."""

    priority = serializers.IntegerField(min_value=1, max_value=9)
    deadline = serializers.DateTimeField(allow_null=True)


class ChecksBody(serializers.Serializer[Any]):
    """Percent of a rater's items that are gold, and repeats."""

    gold_rate = serializers.IntegerField(min_value=0, max_value=MOST_GOLD)
    repeat_rate = serializers.IntegerField(min_value=0, max_value=MOST_REPEATS)


class RouteBody(serializers.Serializer[Any]):
    """Skills and vendors by their short names; empty for none. Vendors that are left out stay as they are."""

    requires = SlugsField()
    vendors = SlugsField(required=False)
    expertise_to = serializers.SlugField(max_length=60, allow_blank=True)
    language_to = serializers.SlugField(max_length=60, allow_blank=True)


class ReasonBody(serializers.Serializer[Any]):
    """Why, for the audit log."""

    reason = serializers.CharField(max_length=REASON_MAX)


class SettleBody(ReasonBody):
    """What is to happen with an item that could not be judged; `skill` (short name) where it is sent."""

    action = serializers.ChoiceField(choices=SettleForm.ACTIONS)
    skill = serializers.SlugField(max_length=60, allow_blank=True, default="")
