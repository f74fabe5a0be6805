"""The published sets at their full size: what the pages say of each is what others measured on the same files."""

from collections import defaultdict

import pytest
from django.urls import reverse

from annotation.agreement.rank_alpha import measure_rank_alpha
from annotation.measuring import latest_reports
from annotation.models import Judgment
from annotation.recounting import recount
from demo.labels.catalogue import SETS
from demo.labels.figures import figures_of
from demo.labels.loading import load, make_project
from demo.labels.reading import read_lines
from tests.conftest import REAL_DATA
from workforce.models import User

pytestmark = [pytest.mark.django_db, pytest.mark.real_data]
NOT_EQUAL = {
    # The krippendorff library gives what is here (tests/agreement/test_alpha_real_data.py holds both).
    "alpha, ordinal, imported order": ("0.87746", "0.87748"),
    "of these with a synthetic reply": ("4", "5"),
}
JUDGMENTS = {
    "ukpconvarg1": 23_550,
    "pandalm_testset": 2_997,
    "dices": 43_050,
    "r_irr": 320,
    "preflib": 1_293 + 3_183 + 104,
    "finegrained_qa_feedback": 1_500 + 250,
    "oasst_en100": 132,
}
ON_THE_PAGE = {
    "ukpconvarg1": [("grade:binary_tie", "sign_imported", 0.37232), ("grade:binary_tie", "grade_imported", 0.49394)],
    "pandalm_testset": [("grade:binary_tie", "sign_imported", 0.86422), ("grade:binary_tie", "sign", 0.86455)],
    "dices": [("criterion:unsafe", "names", 0.1609)],
}


@pytest.fixture
def loaded(request):
    """The project of a set, loaded by the command's own verbs."""

    def run(name):
        label_set = SETS[name]
        project = make_project(slug="real", label_set=label_set, lead="lena")
        found = list(load(project=project, label_set=label_set, data=REAL_DATA, actor=User.objects.get()))[-1]
        assert not found.refused
        return project

    return run


@pytest.mark.parametrize("name", sorted(SETS))
def test_figures_are_those_of_the_index(loaded, name):
    project = loaded(name)
    assert Judgment.objects.count() == JUDGMENTS[name]
    figures = figures_of(project=project, label_set=SETS[name])
    differing = {figure.name: (figure.shown, figure.published) for figure in figures if not figure.equal}
    assert differing.items() <= NOT_EQUAL.items()
    assert len(differing) == (name in ("pandalm_testset", "oasst_en100"))
    assert recount(project=project).differing == 0


@pytest.mark.parametrize("name", sorted(ON_THE_PAGE))
def test_the_page_itself_shows_them(loaded, client, name):
    project = loaded(name)
    client.force_login(User.objects.get(username="lena"))
    for question, metric, expected in ON_THE_PAGE[name]:
        page = client.get(reverse("agreement", args=[project.slug]), {"question": question, "metric": metric})
        alpha = page.context["headline"].row.alpha
        assert alpha.value == pytest.approx(expected, abs=5e-6 if expected > 0.2 else 5e-5)
        assert f">.{round(100 * alpha.value):02}</a>" in page.content.decode()


def test_alpha_of_rankings_is_that_of_the_ballots(loaded):
    """Dots as cast; skating in groups of at most nine stays within the interval of whole ballots."""
    project = loaded("preflib")
    found = {batch.name: latest_reports(batch=batch)[0] for batch in project.batches.all()}
    for name in ("00024_dots", "00006_skate"):
        contests = defaultdict(list)
        for row in read_lines(REAL_DATA / "preflib" / f"{name}.jsonl"):
            places = {one: place for place, tied in enumerate(row["ranking"]) for one in tied}
            contests[row["file"]] += [[places[one] for one in sorted(places)]] * row["count"]
        whole = measure_rank_alpha(list(contests.values()), scope=name)
        if name == "00024_dots":
            assert found[f"{name}.jsonl"].value == pytest.approx(whole.value, abs=1e-12)
        assert whole.low < found[f"{name}.jsonl"].value < whole.high
