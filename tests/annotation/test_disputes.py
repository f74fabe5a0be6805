"""The list of what people disagree on: spreads as a slow reference has them, filters, counts, two queries."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from annotation.disputes import Asked, counts_of, disputes, read_asked
from annotation.models import Batch, Judgment, Placement, Task
from annotation.spreading import keep_spreads
from annotation.strips import strips_of
from tests.annotation.adjudications import SPLIT, disputed, ruled
from tests.annotation.makers import make_batch
from workforce import people
from workforce.models import Role

pytestmark = pytest.mark.django_db
EVERY = settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])


def numbers(project, **asked: str) -> list[int]:
    return [task.number for task in disputes(project=project, asked=read_asked(asked))]


@pytest.fixture
def batch(project, lena, rubric_version, rosa, rafi, ines) -> Batch:
    votes = [
        [(rosa, -2), (rafi, -1), (ines, -3)],  # all on one side
        [(rosa, -2), (rafi, 2), (ines, -1)],
        [(rosa, 0), (rafi, 1), (ines, 1)],
        [(rosa, 3), (rafi, -3)],  # and Ines could not judge
    ]
    return disputed(project, lena, rubric_version, votes)


def test_the_most_disputed_come_first_and_what_all_agree_on_is_left_out(project, batch):
    found = disputes(project=project, asked=Asked())
    assert [(task.number, round(task.spread, 4)) for task in found] == [(4, 1.0), (2, 0.8889), (3, 0.2222)]


@pytest.mark.parametrize(
    ("asked", "wanted"),
    [
        ({"spread": "all"}, [4, 2, 3, 1]),
        ({"spread": "wide"}, [4, 2]),
        ({"spread": "flip"}, [4, 2]),
        ({"batch": "1"}, [4, 2, 3]),
        ({"batch": "2"}, []),
        ({"batch": "x"}, []),
        ({"version": "1"}, [4, 2, 3]),
        ({"version": "7"}, []),
        ({"kind": "ranking"}, []),
        ({"rater": "ines"}, [2, 3]),
        ({"rater": "ines", "rater2": "rafi", "spread": "all"}, [2, 3, 1]),
        ({"rater": "ines", "value": "1"}, [3]),
        ({"rater": "rosa", "value": "first", "rater2": "rafi", "value2": "second"}, [2]),
        ({"rater": "rosa", "value": "tie"}, [3]),
        ({"value": "-3", "spread": "all"}, [4, 1]),
        ({"value": "−3"}, [4]),
        ({"cant": "any"}, [4]),
        ({"cant": "unverifiable"}, [4]),
        ({"cant": "broken"}, []),
        ({"flag": "any"}, []),
        ({"slice": "audit:no"}, [4, 2, 3]),
        ({"slice": "audit:yes"}, []),
        ({"slice": "model:model-1"}, [4, 2, 3]),
        ({"slice": "models:model-1 vs model-0"}, [4, 2, 3]),
        ({"slice": "models:model-1 vs model-7"}, []),
        ({"slice": "vendor:nimbus"}, []),
        ({"slice": "nonsense"}, []),
        ({"criterion": "correctness"}, []),
        ({"state": "ruled"}, []),
        ({"state": "?"}, [4, 2, 3]),
        ({"value": "9" * 30}, []),
        ({"rater": "a\x00b"}, []),
    ],
)
def test_each_filter(project, batch, asked, wanted):
    assert numbers(project, **asked) == wanted


def test_what_is_ruled_on_is_counted_apart(project, batch, lena):
    ruled(batch.tasks.get(number=2), lena, SPLIT)
    assert numbers(project) == [4, 3] and numbers(project, state="ruled") == [2]
    counts = counts_of(project=project, asked=Asked())
    assert counts == {"state": {"open": 2, "ruled": 1, "all": 3}, "batch": {"1": 2}, "kind": {"pairwise": 2}}


def test_gold_practice_and_other_projects_are_not_in_it(project, batch, rosa):
    Task.objects.filter(batch=batch, number=4).update(lane="gold", place=None)
    assert numbers(project) == [2, 3]
    Batch.objects.filter(pk=batch.pk).update(mode="calibration")
    assert numbers(project) == []


SIDES = st.lists(st.integers(-3, 3), min_size=1, max_size=6)


@EVERY
@given(st.lists(SIDES, min_size=1, max_size=4))
def test_spreads_of_pairs_are_those_of_the_reference(project, lena, rubric_version, items):
    raters = _raters(project)
    batch = make_batch(project, lena, rubric_version, tasks=len(items))
    tasks = list(batch.tasks.order_by("number"))
    for task, strengths in zip(tasks, items, strict=True):
        for rater, strength in zip(raters, strengths, strict=False):
            _judge(task, rater, strength=strength, scale="pref7")
    keep_spreads(items=[task.pk for task in tasks])
    got = {t.pk: t.spread for t in disputes(project=project, asked=Asked(batch=str(batch.number), spread="all"))}
    for task, strengths in zip(tasks, items, strict=True):
        sides = [(strength > 0) - (strength < 0) for strength in strengths]
        mean = sum(sides) / len(sides)
        assert got[task.pk] == pytest.approx(sum((side - mean) ** 2 for side in sides) / len(sides), abs=1e-9)


@EVERY
@given(st.integers(2, 5).flatmap(lambda k: st.lists(st.permutations(range(1, k + 1)), min_size=2, max_size=5)))
def test_spreads_of_rankings_are_one_less_kendalls_w(project, lena, rubric_version, orders):
    raters, size = _raters(project), len(orders[0])
    batch = make_batch(project, lena, rubric_version, tasks=1, kind="ranking", responses=size)
    task = batch.tasks.get()
    for rater, ranks in zip(raters, orders, strict=False):
        _judge(task, rater, ranks=ranks)
    keep_spreads(items=[task.pk])
    sums = [sum(column) for column in zip(*orders, strict=True)]
    mean, m = sum(sums) / size, len(orders)
    w = 12 * sum((one - mean) ** 2 for one in sums) / (m**2 * (size**3 - size))
    got = disputes(project=project, asked=Asked(batch=str(batch.number), spread="all")).get()
    assert got.spread == pytest.approx(1 - w, abs=1e-9)


@EVERY
@given(st.lists(st.integers(-3, 3), min_size=1, max_size=7))
def test_a_blind_strip_tells_how_split_and_not_which_way(project, lena, rubric_version, strengths):
    raters = _raters(project)
    there, back = (make_batch(project, lena, rubric_version, tasks=1).tasks.get() for _ in range(2))
    for rater, strength in zip(raters, strengths, strict=False):
        _judge(there, rater, strength=strength, scale="pref7")
        _judge(back, rater, strength=-strength, scale="pref7")
    blind = strips_of(tasks=[there, back], blind={there.pk, back.pk})
    assert blind[there.pk] == blind[back.pk]
    assert not any(bar.name for bar in blind[there.pk].bars)
    told = strips_of(tasks=[there, back], blind=set())
    assert [bar.n for bar in told[there.pk].bars] == [bar.n for bar in told[back.pk].bars][::-1]
    assert [bar.n for bar in told[there.pk].bars] == [strengths.count(point) for point in range(-3, 4)]


def test_scores_spread_by_criterion(project, lena, rubric_version, rosa, rafi):
    batch = make_batch(project, lena, rubric_version, tasks=2, kind="rating", responses=2)
    criteria = list(rubric_version.criteria.order_by("position").prefetch_related("points"))
    said = {1: {rosa: [(1, 1), (2, 2)], rafi: [(3, 1), (2, 2)]}, 2: {rosa: [(1, 1), (2, 2)], rafi: [(1, 2), (2, 2)]}}
    for task in batch.tasks.all():
        for rater, scores in said[task.number].items():
            judgment = _judge(task, rater)
            for criterion, values in zip(criteria, scores, strict=True):
                points = {point.value: point for point in criterion.points.all()}
                for position, value in enumerate(values):
                    row = {"criterion": criterion, "position": position, "outcome": "scored", "point": points[value]}
                    judgment.scores.create(**row)
    keep_spreads(items=batch.tasks.values_list("pk", flat=True))
    found = disputes(project=project, asked=Asked(spread="all"))
    assert [(task.number, task.spread) for task in found] == [(1, 1.0), (2, 0.5)]
    assert numbers(project, criterion="completeness") == []
    assert numbers(project, criterion="correctness", value="3") == [1]
    assert numbers(project, criterion="correctness", value="3", rater="rosa") == []
    strip = strips_of(tasks=list(found), blind=set())[found[1].pk]
    assert (strip.title, strip.words) == ("Correctness, answer 2", "1 Poor 1, 2 Fair 1")


def test_the_list_and_its_counts_take_one_query_each(project, batch, django_assert_num_queries):
    with django_assert_num_queries(2):
        list(disputes(project=project, asked=Asked())[:50])
        counts_of(project=project, asked=Asked())


def _raters(project):  # the same for each example
    team = project.team
    known = list(team.memberships.filter(role=Role.RATER, user__username__startswith="h").select_related("user"))
    if not known:
        for n in range(7):
            people.add_member(team=team, username=f"h{n}", role=Role.RATER, actor=None)
        return _raters(project)
    return [one.user for one in known]


def _judge(task, rater, *, ranks=None, **values) -> Judgment:
    judgment = Judgment.objects.create(
        task=task, rater=rater, rubric_version=task.batch.rubric_version, source="imported", **values
    )
    members = list(task.members.all())
    for member, rank in zip(members, ranks or (), strict=False):
        Placement.objects.create(judgment=judgment, response=member.response, position=member.position, rank=rank)
    return judgment
