"""Shapes of what comes about an item that is held: which are on the page already, time spent, a draft."""

from typing import Any

from rest_framework import serializers

from annotation.answers import MILLISECONDS_MAX


class ClaimBody(serializers.Serializer[Any]):
    """The leases that the client has on its page: the next item is fetched beyond them."""

    beyond = serializers.ListField(child=serializers.UUIDField(), required=False, max_length=50)


class TimeBody(serializers.Serializer[Any]):
    """What went to an item so far, in milliseconds; all of it each time, not what was added."""

    active_ms = serializers.IntegerField(default=0, min_value=0, max_value=MILLISECONDS_MAX)
    idle_ms = serializers.IntegerField(default=0, min_value=0, max_value=MILLISECONDS_MAX)


class DraftBody(TimeBody):
    """An unfinished answer under the key of the finished one; `known` is when the last draft seen was saved."""

    submission = serializers.UUIDField()
    content = serializers.DictField()
    known = serializers.DateTimeField(required=False, allow_null=True, default=None)
