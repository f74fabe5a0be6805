"""Agreement of a batch: known values, undefined with a reason, measured anew only when something came in."""

import pytest

from annotation import assigning, measuring
from annotation.models import AgreementReport
from tests.annotation.golds import make_golds, open_with
from tests.annotation.makers import answer, make_batch, shown_value

pytestmark = pytest.mark.django_db


def _judge(batch, rater, strengths, *, points=7):
    """The rater's canonical strengths, by task number."""
    for _ in strengths:
        held = assigning.claim_next(batch=batch, rater=rater)
        answer(held, value=shown_value(held, strengths[held.task.number - 1], points=points))


def test_alpha_and_kappa_of_a_small_table_worked_by_hand(project, lena, rubric_version, rafi, rosa):
    """Signs (-,-) (+,+) (-,+) (0,0): o = 6 agreeing, 2 not; n = 3, 2, 3; De = 42/56, Do = 2/8."""
    batch = make_batch(project, lena, rubric_version, tasks=4, overlap=2, scale="binary_tie")
    _judge(batch, rafi, [-1, 1, -1, 0], points=3)
    _judge(batch, rosa, [-1, 1, 1, 0], points=3)
    by_basis = {report.basis: report for report in measuring.measure_batch(batch=batch)}
    assert set(by_basis) == {"sign", "sign_symmetrised"}
    sign = by_basis["sign"]
    assert sign.value == pytest.approx(1 - (2 / 8) / (42 / 56))
    assert (sign.n_units, sign.n_labels, sign.detail["raters"]) == (4, 8, 2)
    assert sign.insufficient_because and not sign.undefined_because
    [kappa] = sign.detail["kappas"]
    # observed 3/4; expected (2·1 + 1·2 + 1·1) / 16
    assert kappa["kappa"] == pytest.approx((3 / 4 - 5 / 16) / (1 - 5 / 16)) and kappa["n"] == 4
    assert {kappa["first"], kappa["second"]} == {"Rafi", "Rosa"}


def test_a_wide_scale_is_measured_as_grades_too(project, lena, rubric_version, rafi, rosa):
    batch = make_batch(project, lena, rubric_version, tasks=3, overlap=2)
    _judge(batch, rafi, [-3, 1, 2])
    _judge(batch, rosa, [-2, 2, 3])
    reports = {report.basis: report.value for report in measuring.measure_batch(batch=batch)}
    assert reports["sign"] == pytest.approx(1.0) and 0 < reports["grade"] < 1


def test_undefined_is_a_value_with_a_reason(project, lena, rubric_version, rafi, rosa):
    batch = make_batch(project, lena, rubric_version, tasks=2, overlap=2)
    for rater in (None, rafi, rosa):
        if rater:
            _judge(batch, rater, [1, 1])
        for report in measuring.measure_batch(batch=batch):
            if report.basis == "sign":
                assert report.value is None and report.low is None and report.undefined_because
    assert "same" in AgreementReport.objects.filter(basis="sign").first().undefined_because


def test_a_report_is_kept_until_something_comes_in(project, lena, rubric_version, rafi, rosa):
    batch = make_batch(project, lena, rubric_version, tasks=2, overlap=2)
    _judge(batch, rafi, [1, -1])
    first = measuring.latest_reports(batch=batch)
    assert [report.pk for report in measuring.latest_reports(batch=batch)] == [report.pk for report in first]
    _judge(batch, rosa, [1, -1])
    assert {report.pk for report in measuring.latest_reports(batch=batch)}.isdisjoint(report.pk for report in first)


def test_an_answer_without_opinion_does_not_count(project, lena, rubric_version, rafi, rosa):
    batch = make_batch(project, lena, rubric_version, tasks=1, overlap=2)
    answer(assigning.claim_next(batch=batch, rater=rafi), cant_judge="unclear")
    answer(assigning.claim_next(batch=batch, rater=rosa), value=1)
    assert all(report.n_labels == 0 for report in measuring.measure_batch(batch=batch))


def test_rankings_agree_in_canonical_order(project, lena, rubric_version, rafi, rosa):
    batch = make_batch(project, lena, rubric_version, tasks=3, overlap=2, kind="ranking", responses=4)
    for rater in (rafi, rosa):
        while held := assigning.claim_next(batch=batch, rater=rater):
            answer(held, ranking=[position + 1 for position in held.display_order])
    [report] = measuring.measure_batch(batch=batch)
    assert (report.coefficient, report.basis, report.value) == ("alpha_ranking", "ranking", pytest.approx(1.0))
    assert (report.n_units, report.n_labels) == (3, 6)


def test_demonstrations_have_no_agreement(project, lena, rubric_version):
    assert measuring.latest_reports(batch=make_batch(project, lena, rubric_version, kind="demonstration")) == []


def test_gold_is_no_reason_to_measure_anew(project, lena, rubric_version, rafi):
    make_golds(project, [1, -1] * 5)
    batch = open_with(project, lena, rubric_version, tasks=20, gold_rate=50)
    for _ in range(12):
        answer(assigning.claim_next(batch=batch, rater=rafi), value=3)
    assert batch.tasks.filter(lane="gold", judgments__isnull=False).exists()
    first = measuring.latest_reports(batch=batch)
    assert [report.pk for report in measuring.latest_reports(batch=batch)] == [report.pk for report in first]
