"""The agreement page: its numbers are those of the labels, each leads to its items, and its queries do not grow."""

import csv
import io
import json

import krippendorff
import numpy as np
import pytest
from django.urls import reverse

from annotation import assigning
from annotation.agreement.alpha import measure_alpha
from annotation.agreement.patterns import count_labels
from annotation.agreement.rank_alpha import measure_rank_alpha
from annotation.agreement.ranking import prompt_order
from annotation.agreement.shrinkage import draw_to_whole
from annotation.agreement.top_one import measure_top_one
from annotation.answers import GivenScore
from annotation.importing import import_file
from annotation.models import AgreementPattern, Batch, Judgment, Prompt, Task
from annotation.recounting import recount
from tests.annotation.golds import open_with
from tests.annotation.makers import answer, make_batch, shown_value
from tests.annotation.rubric_of_kinds import KINDS, publish
from workforce.models import Vendor

pytestmark = pytest.mark.django_db
MOST = 12


@pytest.fixture
def lead(client, lena):
    client.force_login(lena)
    client.get("/")  # a session notes that it is in use once in five minutes
    return client


@pytest.fixture
def judged(project, lena, rubric_version, rafi, rosa):
    """Forty items that two raters graded, about half alike."""
    batch = make_batch(project, lena, rubric_version, tasks=40)
    Prompt.objects.filter(tasks__number__lte=20).update(domain="kitchen", language="en")
    Prompt.objects.filter(tasks__number__gt=20).update(domain="<b>law</b>", language="de")
    for turn, rater in enumerate((rafi, rosa)):
        while held := assigning.claim_next(batch=batch, rater=rater):
            n = held.task.number
            answer(held, value=shown_value(held, (n % 7 - 3) if turn == 0 or n % 2 else (n % 5 - 2)))
    return batch


def _slices(page) -> dict:
    return {name: rows for name, rows, _ in page.context["slices"]}


def _page(client, **asked):
    found = client.get(reverse("agreement", args=["helpful"]), asked)
    assert found.status_code == 200
    return found


def test_nothing_yet_says_what_is_missing(lead, project):
    assert "There is no agreement to show yet" in _page(lead).content.decode()


def test_the_headline_is_the_alpha_of_the_labels(lead, judged):
    rows = Judgment.objects.values_list("task", "strength")
    counts = count_labels(*zip(*rows, strict=True), domain=range(-3, 4))
    for metric, symmetrised in (("grade", True), ("grade_imported", False)):
        page = _page(lead, metric=metric)
        expected = measure_alpha(
            counts, level="ordinal", domain=range(-3, 4), scope="x", orientation_symmetrised=symmetrised
        )
        found = page.context["headline"].row.alpha
        assert found.value == pytest.approx(expected.value, abs=1e-12) and found.n_units == 40
        assert f".{round(100 * found.value)}" in page.content.decode()
    assert page.context["headline"].row.conclusion.sentence in page.content.decode()


def test_slices_divide_the_items_and_lead_to_them(lead, judged):
    page = _page(lead)
    slices = _slices(page)
    assert {one.name: one.row.alpha.n_units for one in slices["Domain"]} == {"kitchen": 20, "<b>law</b>": 20}
    assert "<b>law</b>" not in page.content.decode()
    assert {"Domain", "Language", "Length difference", "Pair of models", "Sensitivity", "Batch"} == slices.keys()
    for rows in slices.values():
        for one in rows:
            items = lead.get(reverse("agreement-items", args=["helpful"]) + "?" + one.query)
            assert items.context["page"].paginator.count == one.row.alpha.n_units


def test_three_slices_of_a_kind_are_drawn_to_the_whole_beside_their_raw_value(lead, judged):
    page = _page(lead)
    slices, whole = _slices(page), page.context["headline"].row.alpha.value
    assert all(one.row.drawn is None for one in slices["Domain"])  # two
    Prompt.objects.filter(tasks__number__lte=8).update(domain="garden")
    AgreementPattern.objects.all().delete()
    recount(project=judged.project)
    rows = [one.row for one in _slices(_page(lead))["Domain"]]
    error = page.context["headline"].row.alpha.standard_error
    errors = [max(row.alpha.standard_error, error * (40 / row.alpha.n_units) ** 0.5) for row in rows]
    expected = draw_to_whole([row.alpha.value for row in rows], errors, whole=whole)
    assert [row.drawn for row in rows] == expected and None not in expected
    found = lead.get(reverse("agreement-csv", args=["helpful"]))
    lines = list(csv.DictReader(io.StringIO(b"".join(found.streaming_content).decode())))
    of_garden = next(line for line in lines if line["value"] == "garden")
    assert float(of_garden["drawn_to_whole"]) == next(row.drawn.value for row in rows if row.scope.value == "garden")


def test_cells_lead_to_the_items_of_two_raters_and_of_two_answers(lead, judged, rafi, rosa):
    page = _page(lead)
    items = reverse("agreement-items", args=["helpful"])
    [(_, cells), _] = page.context["heat"]
    found = lead.get(f"{items}?{page.context['chosen']}&{cells[1].query}")
    assert found.context["page"].paginator.count == 40 and set(found.context["raters"]) == {"Rafi", "Rosa"}
    rows = page.context["confusion"]
    assert sum(float(cell.title.split(": ")[1]) for _, row in rows for cell in row) == 80
    for i, (_, row) in enumerate(rows):
        for j, cell in enumerate(row):
            if not cell.query:
                continue
            found = lead.get(f"{items}?{page.context['chosen']}&{cell.query}")
            pairs = float(cell.title.split(": ")[1])
            assert found.context["page"].paginator.count == pairs / (2 if i == j else 1)


def test_the_items_furthest_apart_come_first(lead, judged):
    units = lead.get(reverse("agreement-items", args=["helpful"])).context["units"]
    strengths = dict.fromkeys(Task.objects.values_list("pk", flat=True), ())
    for task, strength in Judgment.objects.values_list("task", "strength"):
        strengths[task] += (strength,)
    apart = [max(strengths[unit.task.pk]) - min(strengths[unit.task.pk]) for unit in units]
    assert apart == sorted(apart, reverse=True) and apart[0] > apart[-1]


def test_criteria_are_questions_of_their_own(lead, project, lena, rubric_version, rafi, rosa):
    version = publish(rubric_version.rubric, lena, KINDS)
    batch = open_with(project, lena, version, tasks=3, with_criteria=True)
    for rater in (rafi, rosa):
        while held := assigning.claim_next(batch=batch, rater=rater):
            right = 3
            scores = [GivenScore("right", place, point=right) for place in (1, 2)]
            scores += [GivenScore("facts", place, points=[1, place + 1]) for place in (1, 2)]
            answer(held, value=2, scores=[*scores, GivenScore("tone", side=1)])
    page = _page(lead)
    assert {one.name for one in page.context["questions"]} >= {"Right", "Facts: Time", "Tone", "Both bad"}
    for key in ("criterion:right", "criterion:facts:1", "criterion:tone", "both_bad"):
        page = _page(lead, question=key)
        assert page.context["headline"].row.scope.question == key
        items = lead.get(reverse("agreement-items", args=["helpful"]), {"question": key})
        assert items.context["page"].paginator.count == page.context["headline"].row.alpha.n_units, key
        assert items.context["units"][0].said


@pytest.mark.parametrize(("metric", "level"), [("points", "ordinal"), ("names", "nominal"), ("sign", "ordinal")])
def test_a_scale_is_read_with_or_without_its_order(lead, project, lena, rubric_version, metric, level):
    rows = [{"id": f"h{n}", "prompt": f"p{n}", "responses": [{"text": "a"}]} for n in range(12)]
    given = [(n, m, (n * m + n // 3) % 3 + 1) for n in range(12) for m in range(4)]
    said = [{"item": f"h{n}", "rater": f"r{m}", "scores": {"correctness": [value]}} for n, m, value in given]
    for kind, lines in (("comparisons", rows), ("judgments", said)):
        file = io.BytesIO("\n".join(json.dumps(line) for line in lines).encode())
        import_file(project=project, kind=kind, lines=file, filename="f", actor=lena)
    page = _page(lead, question="criterion:correctness", metric=metric)
    table = [[sum(u == n and v == at for u, _, v in given) for at in (1, 2, 3)] for n in range(12)]
    expected = krippendorff.alpha(
        value_counts=np.array(table, dtype=np.int64), value_domain=[1, 2, 3], level_of_measurement=level
    )
    assert page.context["headline"].row.alpha.value == pytest.approx(expected, abs=1e-12)
    assert set(page.context["readings"]) == {"points", "names"} and 'value="names"' in page.content.decode()


def _imported(project, lena, *, items, raters, **of_an_item):
    rows = [
        {"id": f"h{n}", "prompt": f"p{n}", "responses": [{"text": "a"}, {"text": "b"}]}
        | {name: value(n) for name, value in of_an_item.items()}
        for n in range(items)
    ]
    said = [
        {"item": f"h{n}", "rater": f"rater00{m}", "strength": (n + m) % 3 - 1} for n in range(items) for m in raters
    ]
    for kind, lines in (("comparisons", rows), ("judgments", said)):
        file = io.BytesIO("\n".join(json.dumps(line) for line in lines).encode())
        report = import_file(project=project, kind=kind, lines=file, filename="f", actor=lena)
        assert report.state == "accepted", report.errors


def test_a_slice_of_many_values_shows_those_with_most_items(lead, project, lena, rubric_version):
    """Fourteen domains: one of 15 items, one of 14, and so on to one of 2."""
    domains = [f"domain {size:02}" for size in range(2, 16) for _ in range(size)]
    _imported(
        project, lena, items=len(domains), raters=range(2), domain=lambda n: domains[n], language=lambda n: f"l{n}"
    )
    page = _page(lead)
    found = {name: (len(rows), more) for name, rows, more in page.context["slices"]}
    assert (found["Domain"], found["Language"]) == ((12, 2), (0, len(domains)))
    names = {one.name for _, rows, _ in page.context["slices"] for one in rows}
    assert {"domain 04", "domain 15"} < names and not {"domain 02", "domain 03"} & names
    assert "2 others of as many items or fewer" in page.content.decode()
    assert f"{len(domains)} of one item each" in page.content.decode()
    sheet = lead.get(reverse("agreement-csv", args=["helpful"]))
    rows = list(csv.DictReader(io.StringIO(b"".join(sheet.streaming_content).decode())))
    assert sum(row["slice"] == "domain" for row in rows) == 14


def test_what_is_undefined_stands_below_what_is_not(lead, project, lena, rubric_version):
    _imported(project, lena, items=8, raters=range(2))
    assert [one.row.alpha.value is None for one in _page(lead).context["questions"]] == [False, True]


@pytest.mark.parametrize(("raters", "heads"), [(3, ["rater000", "rater001", "rater002"]), (7, list("1234567"))])
def test_many_raters_have_numbers_for_columns(lead, project, lena, rubric_version, raters, heads):
    _imported(project, lena, items=4, raters=range(raters))
    context = _page(lead).context
    assert [head.text for head in context["rater_heads"]] == heads
    assert [head.full for head, _ in context["heat"]] == [f"rater00{n}" for n in range(raters)]
    first = context["heat"][0][0].text
    assert first == ("rater000" if raters == 3 else "1 rater000")


def test_two_weeks_are_a_line_with_what_happened(lead, project, lena, judged, rubric_version):
    rows = [{"id": f"h{n}", "prompt": f"p{n}", "responses": [{"text": "a"}, {"text": "bb"}]} for n in range(4)]
    said = [{"item": f"h{n}", "rater": f"r{m}", "strength": (n + m) % 3 - 1} for n in range(4) for m in range(3)]
    for kind, lines in (("comparisons", rows), ("judgments", said)):
        file = io.BytesIO("\n".join(json.dumps(line) for line in lines).encode())
        import_file(project=project, kind=kind, lines=file, filename="f", actor=lena)
    page = _page(lead)
    assert page.context["picture"] is None and len(page.context["weeks"]) == 1
    AgreementPattern.objects.filter(slice="week").update(value="2026-01-05")
    for row in AgreementPattern.objects.filter(slice="week"):
        row.pk, row.value = None, "2026-01-19"
        row.save()
    Batch.objects.filter(pk=judged.pk).update(mode="calibration", opened_at="2026-01-12T00:00:00Z")
    picture = _page(lead).context["picture"]
    assert [event.text for event in picture.events] == [f"calibration {judged.number}"]
    assert len(picture.points) == 2 and picture.events[0].at == 50


def test_what_is_asked_wrongly_is_as_if_it_were_not(lead, judged):
    plain = _page(lead).context["headline"].row
    for asked in (
        {"question": "criterion:none", "metric": "x", "least": "9", "target": "7", "rubric": "99999999999999999999"},
        {"target": "nan", "least": "-1", "rubric": "x"},
    ):
        assert _page(lead, **asked).context["headline"].row == plain
    items = reverse("agreement-items", args=["helpful"])
    for query in ("slice=vendor&value=x", "slice=week&value=x", "raters=1", "said=a,b", "slice=batch&value=", "page=x"):
        assert lead.get(f"{items}?{query}").status_code == 200


def test_the_csv_says_what_the_page_says(lead, judged):
    found = lead.get(reverse("agreement-csv", args=["helpful"]))
    rows = list(csv.DictReader(io.StringIO(b"".join(found.streaming_content).decode())))
    page = _page(lead)
    whole = next(row for row in rows if row["slice"] == "all" and row["question"] == "grade:pref7")
    assert float(whole["alpha"]) == page.context["headline"].row.alpha.value
    assert {row["slice"] for row in rows} >= {"domain", "language", "lengths", "models", "week", "batch"}
    assert next(row for row in rows if row["question"] == "both_bad")["alpha"] == ""


def test_the_last_check_is_told(lead, project, judged):
    recount(project=project)
    assert "counts were right" in _page(lead).content.decode()


@pytest.mark.parametrize("batches", [1, 4])
def test_queries_do_not_grow(
    lead, project, lena, rubric_version, rafi, rosa, judged, batches, django_assert_max_num_queries
):
    vendor = Vendor.objects.create(team=project.team, slug="v", name="Vendor V")
    project.team.memberships.filter(user__in=[rafi, rosa]).update(vendor=vendor)
    for _ in range(batches):
        batch = open_with(project, lena, rubric_version, tasks=2, with_criteria=True)
        for rater in (rafi, rosa):
            while held := assigning.claim_next(batch=batch, rater=rater):
                said = [(slug, place) for slug in ("correctness", "completeness") for place in (1, 2)]
                answer(held, value=2, scores=[GivenScore(slug, place, point=2) for slug, place in said])
    with django_assert_max_num_queries(MOST):
        page = _page(lead)
    assert "Vendor V" in page.content.decode() and len(page.context["questions"]) == 4
    with django_assert_max_num_queries(MOST):
        _page(lead, question="criterion:correctness")
    with django_assert_max_num_queries(MOST):
        lead.get(reverse("agreement-items", args=["helpful"]))


@pytest.fixture
def ordered(project, lena, rubric_version, rafi, rosa):
    """Six prompts of three answers that two raters put in order, alike on every other one; and their ranks."""
    batch = make_batch(project, lena, rubric_version, tasks=6, kind="ranking", responses=3)
    said = {}
    for turn, rater in enumerate((rafi, rosa)):
        while held := assigning.claim_next(batch=batch, rater=rater):
            n = held.task.number
            ranks = [1, 2, 3] if turn == 0 or n % 2 else [3, 2, 1] if n == 2 else [1, 1, 2]
            answer(held, ranking=[ranks[position] for position in held.display_order])
            said.setdefault(held.task_id, []).append(ranks)
    return said


def test_orders_are_a_question_like_any(lead, ordered):
    page, expected = _page(lead), measure_rank_alpha(list(ordered.values()), scope="s", resamples=0)
    assert page.context["found"].asked.question.key == "order"
    alpha = page.context["headline"].row.alpha
    assert (alpha.value, alpha.n_units, alpha.n_labels) == (pytest.approx(expected.value, abs=1e-12), 6, 12)
    assert page.context["headline"].row.conclusion.verdict == "insufficient"
    means = {name: one.value for name, one, _ in page.context["means"]}
    assert means["Same best answer"] == pytest.approx(measure_top_one(list(ordered.values())).value, abs=1e-6)
    taus = [prompt_order(table).tau_b for table in ordered.values()]
    assert means["Kendall’s tau-b"] == pytest.approx(sum(taus) / 6, abs=1e-6)
    text = page.content.decode()
    assert "33 % by lot" in text and "Pairs of raters" not in text


def test_orders_lead_to_their_items(lead, ordered):
    page = _page(lead, question="order")
    assert page.context["readings"] == {}  # an order is read in one way
    for rows in _slices(page).values():
        for one in rows:
            items = lead.get(reverse("agreement-items", args=["helpful"]) + "?" + one.query)
            assert items.context["page"].paginator.count == one.row.alpha.n_units
    items = lead.get(reverse("agreement-items", args=["helpful"]), {"question": "order"})
    assert items.context["units"][0].said == [("3 > 2 > 1", 1), ("1 > 2 > 3", 1)]
    assert (
        lead.get(reverse("agreement-items", args=["helpful"]), {"question": "order", "least": "3"}).context["units"]
        == []
    )


def test_orders_stand_beside_other_questions_and_in_the_csv(lead, judged, ordered):
    page = _page(lead)
    assert page.context["found"].asked.question.key == "grade:pref7" and page.context["means"] == []
    assert "Order of all answers" in {one.name for one in page.context["questions"]}
    found = lead.get(reverse("agreement-csv", args=["helpful"]), {"question": "order"})
    rows = list(csv.DictReader(io.StringIO(b"".join(found.streaming_content).decode())))
    orders = [row for row in rows if row["question"] == "order"]
    assert {"all", "batch", "week", "sensitivity"} <= {row["slice"] for row in orders}
    assert {row["level"] for row in orders} == {"ranking"}
    whole = next(row for row in orders if row["slice"] == "all")
    assert float(whole["same_best"]) == pytest.approx(measure_top_one(list(ordered.values())).value, abs=1e-6)
    assert all(row["tau_b"] == "" for row in rows if row["question"] != "order")


def test_queries_of_orders_do_not_grow(lead, judged, ordered, django_assert_max_num_queries):
    for asked in ({}, {"question": "order"}):
        with django_assert_max_num_queries(MOST):
            _page(lead, **asked)
        with django_assert_max_num_queries(MOST):
            lead.get(reverse("agreement-items", args=["helpful"]), asked)
