"""Shapes of request bodies. They check form only; what makes sense is the verbs' to say."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from annotation.answers import MILLISECONDS_MAX, QUOTES_MAX, Answer, GivenFlag, GivenQuote, GivenScore
from annotation.models import Batch, Flag

MOST_SCORES = 500
MOST_SLUGS = 100


@extend_schema_field({"oneOf": [{"type": "array", "items": {"type": "string"}}, {"type": "string"}]})
class SlugsField(serializers.Field[Any, Any, Any, Any]):
    """Short names in a list; one alone or "" for none is read as a list as well."""

    default_error_messages = {"invalid": "A list of short names."}

    def to_internal_value(self, data: Any) -> list[str]:
        given = [data] if isinstance(data, str) else data
        if not isinstance(given, list) or len(given) > MOST_SLUGS:
            self.fail("invalid")
        one = serializers.SlugField(max_length=60, allow_blank=True)
        return [slug for slug in map(one.run_validation, given) if slug]

    def to_representation(self, value: list[str]) -> list[str]:
        return value


class ScoreBody(serializers.Serializer[Any]):
    """What a criterion got: of the response displayed at a place, or of the pair."""

    criterion = serializers.CharField(max_length=60)
    place = serializers.IntegerField(required=False, allow_null=True, default=None, min_value=1, max_value=9)
    point = serializers.IntegerField(required=False, allow_null=True, default=None, min_value=-100, max_value=100)
    points = serializers.ListField(
        child=serializers.IntegerField(min_value=-100, max_value=100),
        required=False,
        allow_null=True,
        default=None,
        max_length=110,
    )
    side = serializers.IntegerField(required=False, allow_null=True, default=None, min_value=-1, max_value=1)
    not_applicable = serializers.BooleanField(default=False)


class FlagBody(serializers.Serializer[Any]):
    """A flag; its kind alone, as a string, is a low flag on the item."""

    kind = serializers.CharField(max_length=20)
    target = serializers.CharField(default="item", max_length=10)
    severity = serializers.CharField(default=Flag.Severity.LOW.value, max_length=10)

    def to_internal_value(self, data: Any) -> Any:
        return super().to_internal_value({"kind": data} if isinstance(data, str) else data)


class QuoteBody(serializers.Serializer[Any]):
    """Words of the response displayed at a place, or of the prompt (0)."""

    place = serializers.IntegerField(min_value=0, max_value=9)
    block = serializers.IntegerField(min_value=1, max_value=MILLISECONDS_MAX)
    text = serializers.CharField(trim_whitespace=False)


class InputsBody(serializers.Serializer[Any]):
    """How many inputs of each sort."""

    keys = serializers.IntegerField(required=False, min_value=0, max_value=MILLISECONDS_MAX)
    pointer = serializers.IntegerField(required=False, min_value=0, max_value=MILLISECONDS_MAX)
    touch = serializers.IntegerField(required=False, min_value=0, max_value=MILLISECONDS_MAX)


def _milliseconds() -> serializers.IntegerField:
    return serializers.IntegerField(default=0, min_value=0, max_value=MILLISECONDS_MAX)


class SubmitBody(serializers.Serializer[Any]):
    """One answer under the client's own key: a grade, a ranking, scores, a text, or that it cannot be judged."""

    submission = serializers.UUIDField()
    value = serializers.IntegerField(required=False, allow_null=True, default=None, min_value=-100, max_value=100)
    ranking = serializers.ListField(
        child=serializers.IntegerField(min_value=0, max_value=100), required=False, allow_null=True, max_length=9
    )
    acceptable = serializers.ListField(child=serializers.BooleanField(), required=False, allow_null=True, max_length=9)
    best_worst = serializers.BooleanField(default=False)
    scores = serializers.ListField(child=ScoreBody(), required=False, max_length=MOST_SCORES)
    text = serializers.CharField(required=False, allow_null=True, allow_blank=True, trim_whitespace=False, default=None)
    pasted = serializers.BooleanField(default=False)
    checks = serializers.ListField(child=serializers.CharField(max_length=60), required=False, max_length=100)
    both_bad = serializers.BooleanField(default=False)
    cant_judge = serializers.CharField(required=False, allow_null=True, allow_blank=True, max_length=40, default=None)
    reasons = serializers.ListField(child=serializers.CharField(max_length=60), required=False, max_length=50)
    rationale = serializers.CharField(required=False, allow_blank=True, trim_whitespace=False, default="")
    flags = serializers.ListField(child=FlagBody(), required=False, max_length=100)
    quotes = serializers.ListField(child=QuoteBody(), required=False, max_length=QUOTES_MAX)
    improved = serializers.CharField(
        required=False, allow_null=True, allow_blank=True, trim_whitespace=False, default=None
    )
    seen = serializers.ListField(child=serializers.FloatField(min_value=0, max_value=1), required=False, max_length=9)
    inputs = InputsBody(required=False)
    diff_used = serializers.BooleanField(default=False)
    active_ms = _milliseconds()
    wall_ms = _milliseconds()
    idle_ms = _milliseconds()
    offline_ms = _milliseconds()
    client_version = serializers.CharField(required=False, allow_blank=True, max_length=40, default="")


def answer_of(data: dict[str, Any]) -> Answer:
    """The answer in a valid SubmitBody."""
    same = ("value", "best_worst", "both_bad", "rationale", "improved", "diff_used", "client_version")
    times = ("active_ms", "wall_ms", "idle_ms", "offline_ms")
    return Answer(
        **{name: data[name] for name in (*same, *times)},
        ranking=data.get("ranking"),
        acceptable=data.get("acceptable"),
        scores=[GivenScore(**score) for score in data.get("scores", [])],
        cant_judge=data["cant_judge"] or "",
        reasons=data.get("reasons", []),
        flags=[GivenFlag(**flag) for flag in data.get("flags", [])],
        quotes=[GivenQuote(**quote) for quote in data.get("quotes", [])],
        seen=data.get("seen", []),
        inputs=dict(data.get("inputs", {})),
    )


class OpenBatchBody(serializers.Serializer[Any]):
    """What to open a batch of: comparisons of a source (or all), or the prompts of a prompt set."""

    name = serializers.CharField(max_length=120)
    kind = serializers.ChoiceField(choices=Batch.Kind.choices)
    source = serializers.CharField(  # type: ignore[assignment]  # a field of this name hides the base's attribute
        required=False, allow_blank=True, max_length=80, default=""
    )
    alike = serializers.BooleanField(default=False)
    prompt_set = serializers.CharField(required=False, allow_blank=True, max_length=80, default="")
    rubric_version = serializers.IntegerField(required=False, allow_null=True, default=None)
    overlap = serializers.IntegerField(default=1, min_value=1, max_value=100)
    scale = serializers.CharField(default="pref7", max_length=12)
    lease_minutes = serializers.IntegerField(default=30, min_value=1, max_value=1440)
    with_criteria = serializers.BooleanField(default=False)
    fast = serializers.BooleanField(default=False)
    improving = serializers.BooleanField(default=False)
    best_worst = serializers.BooleanField(default=False)
    show_words = serializers.BooleanField(default=False)
    reason_share = serializers.IntegerField(default=0, min_value=0, max_value=100)
    category = serializers.ChoiceField(choices=Batch.Category.choices, allow_blank=True, default="")
    severity = serializers.ChoiceField(choices=Batch.Severity.choices, allow_blank=True, default="")
    requires = SlugsField(default=list)
    vendors = SlugsField(default=list)
    one_per_prompt = serializers.BooleanField(default=False)
    grants = serializers.CharField(max_length=120, allow_blank=True, default="")
    pass_at = serializers.IntegerField(allow_null=True, default=None, min_value=1, max_value=100_000)
    mode = serializers.ChoiceField(choices=Batch.Mode.choices, default=Batch.Mode.WORK.value)
    priority = serializers.IntegerField(default=5, min_value=1, max_value=9)
    deadline = serializers.DateTimeField(allow_null=True, default=None)
    gold_rate = serializers.IntegerField(default=0, min_value=0, max_value=50)
    repeat_rate = serializers.IntegerField(default=0, min_value=0, max_value=20)
    audit_share = serializers.IntegerField(default=0, min_value=0, max_value=100)
    audit_overlap = serializers.IntegerField(allow_null=True, default=None, min_value=1, max_value=100)
    overlap_most = serializers.IntegerField(allow_null=True, default=None, min_value=3, max_value=100)


class PauseBody(serializers.Serializer[Any]):
    """What raters are told."""

    reason = serializers.CharField(max_length=500)


class FreezeBody(serializers.Serializer[Any]):
    """A name for the set, and the batches it is made of."""

    name = serializers.CharField(max_length=120)
    batches = serializers.ListField(
        child=serializers.IntegerField(min_value=1, max_value=2**63 - 1), required=False, max_length=1000
    )
    min_judgments = serializers.IntegerField(default=1, min_value=1, max_value=100)
    seed = serializers.IntegerField(default=0, min_value=0, max_value=2**31 - 1)
    rulings = serializers.BooleanField(default=True)
