"""The leaderboard counts what people said between models, nothing else, in few questions to the database."""

import csv
import io
from collections import Counter

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from annotation import leaderboard as boards
from annotation.assigning import claim_next
from annotation.batching import close_batch, items_from_comparisons, open_batch
from annotation.errors import LeaderboardUnblinds
from annotation.leaderboard import Filters, leaderboard_of
from annotation.models import Batch, Comparison, ComparisonResponse, Judgment, Project, Prompt, Response
from rubrics.models import RubricVersion
from tests.annotation.golds import make_golds, open_with
from tests.annotation.makers import answer, make_batch, sha, shown_value
from tests.annotation.pages import answered
from workforce.models import Role, User

pytestmark = pytest.mark.django_db
QUERIES = 12


def between(project: Project, pairs: list[tuple[str, ...]], *, source: str = "") -> list[Comparison]:
    """A comparison on a prompt of its own for each tuple of models."""
    made = []
    for models in pairs:
        name = f"m{project.comparisons.count()}"
        prompt = Prompt.objects.create(
            project=project, digest=sha(name), messages=[{"role": "user", "content": name}], source=source
        )
        comparison = Comparison.objects.create(project=project, prompt=prompt, external_id=name)
        for position, model in enumerate(models):
            text = f"{name} by {position}"
            response = Response.objects.create(prompt=prompt, digest=sha(text), text=text, model_tag=model)
            ComparisonResponse.objects.create(comparison=comparison, response=response, position=position)
        made.append(comparison)
    return made


def opened(
    project: Project, lead: User, version: RubricVersion, comparisons: list[Comparison], **given: object
) -> Batch:
    settings = {"kind": "pairwise", "scale": "pref7", "overlap": 2} | given
    return open_batch(
        project=project,
        name="models",
        rubric_version=version,
        items=items_from_comparisons(comparisons=comparisons, kind=str(settings["kind"])),
        actor=lead,
        **settings,  # type: ignore[arg-type]  # by their names
    )


def slowly(judgments: list[Judgment]) -> Counter[tuple[str, str, int]]:
    """(model, model, outcome) of every two placements, one judgment at a time, the smaller name first."""
    found: Counter[tuple[str, str, int]] = Counter()
    for judgment in judgments:
        placed = list(judgment.placements.select_related("response"))
        for n, one in enumerate(placed):
            for other in placed[n + 1 :]:
                first, second = one.response.model_tag, other.response.model_tag
                if not first or not second or first == second or (judgment.best_worst and one.rank == other.rank):
                    continue
                outcome = 0 if one.rank < other.rank else 1 if one.rank == other.rank else 2
                turned = first > second
                key = (second, first, 2 - outcome) if turned else (first, second, outcome)
                found[key] += 1
    return found


def counted(project: Project, filters: Filters | None = None) -> Counter[tuple[str, str, int]]:
    found: Counter[tuple[str, str, int]] = Counter()
    for first, second, outcome, _, n in boards._counts(boards._judgments(project, filters or Filters()), "prompt"):
        found[(second, first, 2 - outcome) if first > second else (first, second, outcome)] += n
    return found


@pytest.fixture
def judged(project: Project, lena: User, rubric_version: RubricVersion, rosa: User, rafi: User) -> Project:
    """Pairs and rankings of three models, one person's answer among them, gold, and a model against itself."""
    pairs = between(project, [("a", "b"), ("b", "c"), ("c", "a"), ("a", ""), ("b", "b"), ("a", "c"), ("c", "b")])
    batch = answered(opened(project, lena, rubric_version, pairs), [rosa, rafi], strengths=(-2, 0, 3, 1))
    close_batch(batch=batch, actor=lena)
    ranked = between(project, [("a", "b", "c", ""), ("c", "b", "a", "b")], source="chat")
    ranking = opened(project, lena, rubric_version, ranked, kind="ranking", scale="", overlap=1)
    while (held := claim_next(batch=ranking, rater=rosa)) is not None:
        answer(held, ranking=[[1, 2, 2, 3][position] for position in held.display_order])
    close_batch(batch=ranking, actor=lena)
    make_golds(project, [2, -2] * 6)
    # Whatever is drawn, gold comes before the eighth item of work.
    checked = open_with(project, lena, rubric_version, tasks=8, overlap=1, gold_rate=50)
    while (held := claim_next(batch=checked, rater=rosa)) is not None:
        answer(held, value=shown_value(held, 1))
    close_batch(batch=checked, actor=lena)
    return project


def test_the_database_counts_what_a_walk_over_the_judgments_counts(judged: Project) -> None:
    everyone = Judgment.objects.counted()
    assert Judgment.objects.filter(task__lane="gold").exists()
    assert counted(judged) == slowly(list(everyone))
    first = judged.batches.order_by("number")[0]
    assert counted(judged, Filters(batch=first)) == slowly(list(everyone.filter(task__batch=first)))
    chat = everyone.filter(task__prompt__source="chat")
    assert counted(judged, Filters(source="chat")) == slowly(list(chat)) != Counter()


def test_best_and_worst_leaves_the_middle_uncounted(judged: Project) -> None:
    before = counted(judged)
    rankings = Judgment.objects.filter(task__batch__kind="ranking")
    with connection.cursor() as cursor:
        trigger = "DROP TRIGGER judgments_are_never_changed"
        cursor.execute(trigger if connection.vendor == "sqlite" else f"{trigger} ON annotation_judgment")
    rankings.update(best_worst=True)
    assert counted(judged) == slowly(list(Judgment.objects.counted())) != before


def test_clusters_are_joined_when_there_are_many(judged: Project, lena: User, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = leaderboard_of(project=judged, reader=lena)
    monkeypatch.setattr(boards, "MOST_CLUSTERS", 3)
    few = leaderboard_of(project=judged, reader=lena)
    assert few.comparisons == whole.comparisons and (few.board.met == whole.board.met).all()
    assert few.board.groups[0].n_clusters <= 3 < whole.board.groups[0].n_clusters


def test_the_page_shows_ranks_ties_and_who_never_met(client: Client, judged: Project, lena: User) -> None:
    client.force_login(lena)
    url = reverse("leaderboard", args=[judged.slug])
    client.get(url)
    with CaptureQueriesContext(connection) as asked:
        page = client.get(url)
    assert len(asked) <= QUERIES, [query["sql"] for query in asked]
    text = page.content.decode()
    assert "The models fall into 2 groups that never met." in text and "more comparison" in text
    assert ">none<" in text and "nan" not in text.lower()
    [first, _] = page.context["groups"]
    assert sorted(row.name for row in first[1]) == ["a", "b", "c"]
    narrowed = client.get(url, {"batch": str(judged.batches.order_by("number")[0].number), "cluster": "rater"})
    assert len(narrowed.context["groups"]) == 1 and "errors over raters" in narrowed.content.decode()
    assert client.get(url, {"batch": 99}).status_code == 404 and client.get(url, {"cluster": "moon"}).status_code == 404


def test_file_and_api_say_the_same(client: Client, judged: Project, lena: User) -> None:
    client.force_login(lena)
    found = client.get(reverse("leaderboard-file", args=[judged.slug]))
    rows = list(csv.DictReader(io.StringIO(found.content.decode("utf-8-sig"))))
    body = client.get(reverse("api-leaderboard", args=[judged.slug])).json()
    assert [row["model"] for row in rows] == [row["model"] for row in body["models"]] and len(rows) == 5
    assert [float(row["strength"]) for row in rows if row["strength"]] == pytest.approx(
        [row["strength"] for row in body["models"] if row["strength"] is not None]
    )
    assert sum(row["comparisons"] for row in body["met"]) == body["comparisons"]
    assert client.get(reverse("api-leaderboard", args=[judged.slug]), {"batch": 999_999}).status_code == 400


def test_a_name_that_is_a_formula_is_text_in_the_file(
    client: Client, project: Project, lena: User, rubric_version: RubricVersion, rosa: User, rafi: User
) -> None:
    made = between(project, [("=1+1", "b"), ("b", "=1+1")])
    close_batch(batch=answered(opened(project, lena, rubric_version, made), [rosa, rafi]), actor=lena)
    client.force_login(lena)
    assert b"'=1+1" in client.get(reverse("leaderboard-file", args=[project.slug])).content


def test_who_can_label_is_not_shown_the_models(
    client: Client, project: Project, lena: User, rubric_version: RubricVersion
) -> None:
    project.team.memberships.create(user=lena, role=Role.RATER)
    batch = make_batch(project, lena, rubric_version, tasks=1)
    client.force_login(lena)
    refused = client.get(reverse("leaderboard", args=[project.slug]))
    assert refused.status_code == 403 and "names the models" in refused.content.decode()
    with pytest.raises(LeaderboardUnblinds):
        leaderboard_of(project=project, reader=lena)
    close_batch(batch=batch, actor=lena)
    assert client.get(reverse("leaderboard", args=[project.slug])).status_code == 200


def test_raters_and_strangers_see_nothing(client: Client, judged: Project, rafi: User, vic: User) -> None:
    for user, status in ((rafi, 403), (vic, 404)):
        client.force_login(user)
        for route in ("leaderboard", "leaderboard-file"):
            assert client.get(reverse(route, args=[judged.slug])).status_code == status
        assert client.get(reverse("api-leaderboard", args=[judged.slug])).status_code == 404


def test_a_project_without_models_says_so(client: Client, project: Project, lena: User) -> None:
    client.force_login(lena)
    assert (
        "No models have been compared yet." in client.get(reverse("leaderboard", args=[project.slug])).content.decode()
    )
    empty = client.get(reverse("leaderboard-file", args=[project.slug]))
    assert empty.content.decode("utf-8-sig").strip() == "group,model"
