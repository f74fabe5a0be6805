"""Agreement by the API: the rows of the page, for leads alone."""

import pytest

from annotation import assigning
from tests.annotation.makers import answer, make_batch, shown_value

pytestmark = pytest.mark.django_db
URL = "/api/v1/projects/helpful/agreement"


@pytest.fixture
def judged(project, lena, rubric_version, rafi, rosa):
    batch = make_batch(project, lena, rubric_version, tasks=4)
    for rater in (rafi, rosa):
        while held := assigning.claim_next(batch=batch, rater=rater):
            strength = held.task.number - 2 if rater == rafi else held.task.number - 3
            answer(held, value=shown_value(held, strength))
    return batch


def test_the_rows_say_alpha_or_why_there_is_none(client, lena, judged):
    client.force_login(lena)
    said = client.get(URL, {"target": "0.5"}).json()
    assert (said["question"], said["target"], said["metric"]) == ("grade:pref7", 0.5, "grade")
    by_scope = {(row["question"], row["slice"]): row for row in said["rows"]}
    grade, bad = by_scope["grade:pref7", "all"], by_scope["both_bad", "all"]
    assert -1 <= grade["alpha"] <= 1 and (grade["items"], grade["verdict"]) == (4, "insufficient")
    assert bad["alpha"] is None and "same answer" in bad["says"] and bad["verdict"] == "undefined"
    assert by_scope["grade:pref7", "batch"]["name"] == "Batch 1, a batch"
    assert said["human_ceiling"]["n_pairs"] == 4


def test_nothing_yet_is_an_empty_list(client, lena, project):
    client.force_login(lena)
    said = client.get(URL).json()
    assert (said["question"], said["rows"], said["rubric_versions"]) == (None, [], [])


def test_it_is_for_those_who_lead(client, rafi, vic, judged):
    for stranger in (rafi, vic):
        client.force_login(stranger)
        assert client.get(URL).status_code == 404
