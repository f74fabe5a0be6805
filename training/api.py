"""The training API: parse, authorise, call one verb, answer. Everything here is for admins of the project."""

from typing import Any, BinaryIO, cast

from django.db.models import QuerySet
from django.http import StreamingHttpResponse
from django.shortcuts import get_object_or_404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from annotation.api.imports import RawBody
from annotation.models import DemonstrationSet, PreferenceSet, Project, PromptSet
from annotation.rows import read_lines
from rubrics.models import RubricVersion
from training import acquiring, benchmarks, launching, lineage
from training.api_shapes import (
    BenchmarkShape,
    LaunchBody,
    LineageShape,
    MetricShape,
    ModelShape,
    OpenBody,
    OpenedShape,
    PlanBody,
    RoundShape,
    RunShape,
    SampleShape,
)
from training.model_archive import archive_of, name_of
from training.models import AcquisitionRound, Benchmark, ModelVersion, RunMetric, TrainingRun
from workforce.scoping import me

MOST_METRICS = 5000  # in one answer; ask again with `after`


def _project(request: Request, slug: str) -> Project:
    return get_object_or_404(Project.objects.administered_by(me(request)), slug=slug)


def _of(project: Project, rows: QuerySet[Any], pk: int | None) -> Any:
    """The project's row with this key, None for None, 404 for anybody else's."""
    return None if pk is None else get_object_or_404(rows.filter(project=project), pk=pk)


class Runs(APIView):
    @extend_schema(request=LaunchBody, responses={201: RunShape})
    def post(self, request: Request, slug: str) -> Response:
        """Launch a run."""
        project = _project(request, slug)
        body = LaunchBody(data=request.data)
        body.is_valid(raise_exception=True)
        given = dict(body.validated_data)
        tables: dict[str, QuerySet[Any]] = {
            "base": ModelVersion.objects.all(),
            "reward_model": ModelVersion.objects.all(),
            "preference_set": PreferenceSet.objects.all(),
            "demonstration_set": DemonstrationSet.objects.all(),
            "prompt_set": PromptSet.objects.all(),
            "benchmark": Benchmark.objects.all(),
        }
        inputs = {name: _of(project, rows, given.pop(name, None)) for name, rows in tables.items()}
        run = launching.launch_run(project=project, actor=me(request), **given, **inputs)
        return Response(RunShape(run).data, status=201)


class Run(APIView):
    @extend_schema(responses=RunShape)
    def get(self, request: Request, pk: int) -> Response:
        """One run."""
        return Response(RunShape(_run(request, pk)).data)


class RunMetrics(APIView):
    @extend_schema(
        parameters=[OpenApiParameter("after", OpenApiTypes.INT, description="Only steps above this one.")],
        responses=MetricShape(many=True),
    )
    def get(self, request: Request, pk: int) -> Response:
        """What the steps of a run measured, in order."""
        text = request.query_params.get("after", "-1")
        after = int(text) if text.removeprefix("-").isdecimal() and len(text) < 10 else -1
        rows = RunMetric.objects.filter(run=_run(request, pk), step__gt=after).order_by("step")[:MOST_METRICS]
        return Response(MetricShape(rows, many=True).data)


class RunSamples(APIView):
    @extend_schema(responses=SampleShape(many=True))
    def get(self, request: Request, pk: int) -> Response:
        """Fixed prompts with their answers before and after the run."""
        return Response(SampleShape(_run(request, pk).samples.order_by("number"), many=True).data)


class StopRun(APIView):
    @extend_schema(request=None, responses=RunShape)
    def post(self, request: Request, pk: int) -> Response:
        """Cancel a waiting run; ask a running one to write a checkpoint and stop."""
        return Response(RunShape(launching.request_stop(run=_run(request, pk), actor=me(request))).data)


class ResumeRun(APIView):
    @extend_schema(request=None, responses=RunShape)
    def post(self, request: Request, pk: int) -> Response:
        """Queue an ended run again; it goes on from its last checkpoint."""
        return Response(RunShape(launching.resume_run(run=_run(request, pk), actor=me(request))).data)


def _run(request: Request, pk: int) -> TrainingRun:
    rows = TrainingRun.objects.visible_to(me(request)).select_related("produced_model")
    return get_object_or_404(rows, pk=pk)


class Models(APIView):
    @extend_schema(responses=ModelShape(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """The models of a project, newest first."""
        rows = _project(request, slug).models.prefetch_related("aliases", "parents")
        return Response(ModelShape(rows, many=True).data)


class ModelArchive(APIView):
    @extend_schema(responses={(200, "application/zip"): OpenApiTypes.BINARY})
    def get(self, request: Request, pk: int) -> StreamingHttpResponse:
        """The model's folder as a zip, with a manifest of the SHA-256 of each file."""
        model = get_object_or_404(ModelVersion.objects.visible_to(me(request)), pk=pk)
        answer = StreamingHttpResponse(archive_of(model), content_type="application/zip")
        answer["Content-Disposition"] = f'attachment; filename="{name_of(model)}.zip"'
        return answer


class ModelLineage(APIView):
    @extend_schema(responses=LineageShape)
    def get(self, request: Request, pk: int) -> Response:
        """Every digest from the judgments to this model, recomputed now."""
        model = get_object_or_404(ModelVersion.objects.visible_to(me(request)), pk=pk)
        return Response(LineageShape(lineage.verify_lineage(model=model)).data)


class Benchmarks(APIView):
    parser_classes = (RawBody,)

    @extend_schema(responses=BenchmarkShape(many=True))
    def get(self, request: Request, slug: str) -> Response:
        """The benchmarks of a project, newest first."""
        return Response(BenchmarkShape(_project(request, slug).benchmarks.all(), many=True).data)

    @extend_schema(
        request={"application/x-ndjson": OpenApiTypes.BINARY},
        responses={201: BenchmarkShape},
        parameters=[OpenApiParameter("name")],
    )
    def post(self, request: Request, slug: str) -> Response:
        """Keep the rows of the body as a benchmark, all or none."""
        project = _project(request, slug)
        lines = read_lines(cast(BinaryIO, request.data)) if request.stream is not None else iter(())
        name = request.query_params.get("name", "")
        made = benchmarks.import_benchmark(
            project=project, name=name, filename=f"{name or 'upload'}.jsonl", lines=lines, actor=me(request)
        )
        return Response(BenchmarkShape(made).data, status=201)


class Rounds(APIView):
    @extend_schema(request=PlanBody, responses={201: RoundShape})
    def post(self, request: Request, slug: str) -> Response:
        """Plan a round: the policy answers, the reward model scores, a proposal follows."""
        project = _project(request, slug)
        body = PlanBody(data=request.data)
        body.is_valid(raise_exception=True)
        given = dict(body.validated_data)
        for name in ("policy", "reward_model"):
            given[name] = _of(project, ModelVersion.objects.all(), given[name])
        given["prompt_set"] = _of(project, PromptSet.objects.all(), given["prompt_set"])
        round_ = acquiring.plan_round(project=project, actor=me(request), **given)
        return Response(RoundShape(round_).data, status=201)


class Round(APIView):
    @extend_schema(responses=RoundShape)
    def get(self, request: Request, pk: int) -> Response:
        """One round."""
        return Response(RoundShape(_round(request, pk)).data)


class OpenRound(APIView):
    @extend_schema(request=OpenBody, responses={201: OpenedShape})
    def post(self, request: Request, pk: int) -> Response:
        """Open the proposal as a batch, under the newest published version of the project's rubric unless told."""
        round_ = _round(request, pk)
        body = OpenBody(data=request.data or {})
        body.is_valid(raise_exception=True)
        versions = RubricVersion.objects.filter(
            rubric__team=round_.project.team, state=RubricVersion.State.PUBLISHED
        ).order_by("-number")
        chosen = body.validated_data.get("rubric_version")
        version = versions.filter(pk=chosen) if chosen else versions.filter(rubric=round_.project.rubric)
        batch = acquiring.open_round(
            round=round_,
            rubric_version=get_object_or_404(version[:1]),
            actor=me(request),
            name=body.validated_data.get("name", ""),
        )
        return Response({"batch": batch.pk, "number": batch.number}, status=201)


def _round(request: Request, pk: int) -> AcquisitionRound:
    return get_object_or_404(AcquisitionRound.objects.visible_to(me(request)), pk=pk)
