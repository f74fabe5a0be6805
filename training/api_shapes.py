"""The shapes of the training API: what a body may hold and what an answer looks like.

Answers are read-only shapes, also because the ranges of writable numbers would be those of one database.
"""

from typing import Any

from rest_framework import serializers

from training.models import AcquisitionRound, Benchmark, ModelVersion, RunMetric, RunSample, TrainingRun


class LaunchBody(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(choices=TrainingRun.Kind.choices)
    name = serializers.CharField(required=False, allow_blank=True, max_length=120)
    preset = serializers.CharField(required=False, max_length=20)
    config = serializers.DictField(required=False)
    seed = serializers.IntegerField(required=False, min_value=0, max_value=2**31 - 1)
    base = serializers.IntegerField(required=False, allow_null=True)
    reward_model = serializers.IntegerField(required=False, allow_null=True)
    preference_set = serializers.IntegerField(required=False, allow_null=True)
    demonstration_set = serializers.IntegerField(required=False, allow_null=True)
    prompt_set = serializers.IntegerField(required=False, allow_null=True)
    benchmark = serializers.IntegerField(required=False, allow_null=True)
    prompt_limit = serializers.IntegerField(required=False, allow_null=True, min_value=1)


class RunShape(serializers.ModelSerializer[TrainingRun]):
    model = serializers.SerializerMethodField(help_text="Key of the model the run made.")

    class Meta:
        model = TrainingRun
        fields = [
            "id", "number", "name", "kind", "state", "step", "total_steps", "last_checkpoint", "attempts", "epoch",
            "config", "seed", "base", "reward_model", "preference_set", "demonstration_set", "prompt_set",
            "benchmark", "input_digests", "code_version", "device", "worker", "stop_requested", "heartbeat_at",
            "created_at", "started_at", "ended_at", "result", "error_code", "error_message", "model",
        ]  # fmt: skip
        read_only_fields = fields

    def get_model(self, run: TrainingRun) -> int | None:
        made = getattr(run, "produced_model", None)
        return made.pk if made else None


class MetricShape(serializers.ModelSerializer[RunMetric]):
    class Meta:
        model = RunMetric
        fields = ["step", "epoch", "values", "at"]
        read_only_fields = fields


class SampleShape(serializers.ModelSerializer[RunSample]):
    class Meta:
        model = RunSample
        fields = ["number", "messages", "before", "after", "reward_before", "reward_after", "kl"]
        read_only_fields = fields


class ModelShape(serializers.ModelSerializer[ModelVersion]):
    aliases: serializers.SlugRelatedField[Any] = serializers.SlugRelatedField(
        many=True, read_only=True, slug_field="name"
    )

    class Meta:
        model = ModelVersion
        fields = ["id", "name", "kind", "digest", "parents", "run", "aliases", "card", "created_at"]
        read_only_fields = fields


class BenchmarkShape(serializers.ModelSerializer[Benchmark]):
    class Meta:
        model = Benchmark
        fields = ["id", "name", "filename", "sha256", "prompts", "subsets", "created_at"]
        read_only_fields = fields


class LinkShape(serializers.Serializer[Any]):
    label = serializers.CharField()  # type: ignore[assignment]  # a field of this name hides the base's attribute
    digest = serializers.CharField()
    ok = serializers.BooleanField()
    sentence = serializers.CharField()


class LineageShape(serializers.Serializer[Any]):
    verified = serializers.BooleanField()
    links = LinkShape(many=True)
    judgments = serializers.IntegerField()
    set_sha256 = serializers.CharField()
    model_sha256 = serializers.CharField()


class PlanBody(serializers.Serializer[Any]):
    policy = serializers.IntegerField()
    reward_model = serializers.IntegerField()
    prompt_set = serializers.IntegerField()
    items = serializers.IntegerField(required=False)
    holdout_share = serializers.FloatField(required=False)
    answers_per_prompt = serializers.IntegerField(required=False)
    overlap = serializers.IntegerField(required=False)
    seed = serializers.IntegerField(required=False, min_value=0, max_value=2**31 - 1)
    preset = serializers.CharField(required=False, max_length=20)
    prompt_limit = serializers.IntegerField(required=False, allow_null=True, min_value=1)


class RoundShape(serializers.ModelSerializer[AcquisitionRound]):
    class Meta:
        model = AcquisitionRound
        fields = [
            "id", "number", "state", "policy", "reward_model", "prompt_set", "config", "sample_run", "score_run",
            "pool_size", "proposal", "batch", "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class OpenBody(serializers.Serializer[Any]):
    rubric_version = serializers.IntegerField(required=False)
    name = serializers.CharField(required=False, allow_blank=True, max_length=120)


class OpenedShape(serializers.Serializer[Any]):
    batch = serializers.IntegerField()
    number = serializers.IntegerField()
