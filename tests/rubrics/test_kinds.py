"""Criteria of every kind: what they hold, what keeps them from being published, what a change of them is."""

import hashlib
import json

import pytest
from django.test import Client

from rubrics import versions
from rubrics.checks import advice_on, left_before_publishing
from rubrics.comparing import diff_contents
from rubrics.content import Content, content_of, digest_of, problems_of, with_content
from rubrics.errors import DraftMalformed
from rubrics.forms import blank_point, merged, turned_into
from rubrics.models import RubricVersion
from rubrics.previewing import asking, condition_in_words
from tests.rubrics.writing import criterion

EDIT = "/p/helpful/rubrics/helpful/edit/"


def _of(*criteria) -> Content:
    return {"guidance": "", "criteria": list(criteria)}


CHECKLIST = criterion("facts") | {
    "kind": "checklist",
    "points": [point | {"weight": weight} for point, weight in zip(criterion()["points"], (3, 2, -4), strict=True)],
}
RULE = criterion("safe", values=(0, 1)) | {"kind": "rule"}
COMPARE = criterion("tone", values=()) | {"kind": "compare"}


@pytest.mark.django_db
def test_content_of_the_old_fields_keeps_its_digest(rubric_version):
    """As it was computed before there were kinds: every field written out, nothing else."""
    old = {
        "guidance": rubric_version.guidance,
        "criteria": [
            {
                "slug": one.slug,
                "name": one.name,
                "question": one.question,
                "points": [
                    {"value": p.value, "anchor": p.anchor, "description": p.description, "example": p.example}
                    for p in one.points.all()
                ],
            }
            for one in rubric_version.criteria.all()
        ],
    }
    text = json.dumps(old, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    digest = hashlib.sha256(text.encode()).hexdigest()
    assert digest_of(content_of(rubric_version)) == digest
    assert digest == "84ae433283d82b7a07afe2a9f23f8e56bad7bf1a0b685022bf3757b7b9b807d7"


@pytest.mark.django_db
def test_every_kind_is_written_copied_and_exported(project, rubric_version, lena, client: Client):
    wanted = [
        criterion() | {"not_applicable": True, "weight": 2.5},
        RULE | {"shown_when": "flag:unsafe"},
        CHECKLIST | {"shown_when": "honesty=1,2"},
        COMPARE,
    ]
    draft = versions.start_draft(rubric=rubric_version.rubric, actor=lena)
    versions.edit_draft(version=draft, guidance="", criteria=wanted, actor=lena)
    published = versions.publish_version(version=draft, change="structure", actor=lena)
    assert content_of(published)["criteria"] == wanted
    assert published.digest == digest_of(_of(*wanted))
    assert content_of(versions.start_draft(rubric=rubric_version.rubric, actor=lena))["criteria"] == wanted
    client.force_login(lena)
    assert client.get(f"/api/v1/rubric-versions/{published.pk}").json()["content"]["criteria"] == wanted
    page = client.get(f"/p/helpful/rubrics/helpful/v/{published.number}/").content.decode()
    assert "asked only where “Honesty” is 1 or 2" in page and "-4" in page


@pytest.mark.django_db
def test_what_many_versions_say_is_read_at_once(project, rubric_version, lena, django_assert_num_queries):
    for criteria in ([CHECKLIST, RULE, COMPARE], [COMPARE | {"not_applicable": True, "weight": 2.0}], []):
        draft = versions.start_draft(rubric=rubric_version.rubric, actor=lena)
        versions.edit_draft(version=draft, guidance=f"{len(criteria)} criteria.", criteria=criteria, actor=lena)
        if criteria:
            versions.publish_version(version=draft, change="structure", actor=lena)
    all_of_them = RubricVersion.objects.visible_to(lena)
    with django_assert_num_queries(1):
        read = [(str(version), content) for version, content in with_content(all_of_them)]
    assert read == [(str(version), content_of(version)) for version in all_of_them.order_by("pk")]
    assert [len(content["criteria"]) for _name, content in read] == [2, 3, 1, 0]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"kind": "poem"}, "0.kind"),
        ({"kind": "compare"}, "0.kind"),
        ({"weight": -1.0}, "0.weight"),
        ({"weight": float("nan")}, "0.weight"),
        ({"weight": float("inf")}, "0.weight"),
        ({"weight": 100.5}, "0.weight"),
        ({"shown_when": "x" * 81}, "0.shown_when"),
        ({"shown_when": "a\x00"}, "0.shown_when"),
    ],
)
def test_what_the_database_could_not_hold_is_named(changes, field):
    assert set(problems_of(_of(criterion() | changes))) == {field}


def test_a_weight_beyond_its_range_is_named():
    points = [criterion()["points"][0] | {"weight": 101}]
    assert set(problems_of(_of(criterion() | {"points": points}))) == {"0.points.0.weight"}


@pytest.mark.parametrize("complete", [criterion(), RULE, CHECKLIST, COMPARE])
def test_each_kind_can_be_complete(complete):
    assert left_before_publishing(_of(complete)) == []


@pytest.mark.parametrize(
    ("criteria", "sentence"),
    [
        ([criterion(values=(1,))], "Honesty: add at least two score points."),
        ([RULE | {"points": criterion(values=(1, 2))["points"]}], "exactly the points 0 (no) and 1 (yes)"),
        ([CHECKLIST | {"points": []}], "Facts: add at least one point to check."),
        ([CHECKLIST | {"points": criterion()["points"]}], "Facts, point 1: give it a weight above or below 0."),
        ([criterion() | {"shown_when": "honesty=1"}], "“honesty”, which does not come before it"),
        ([criterion() | {"shown_when": "later=1"}, criterion("later")], "“later”, which does not come before it"),
        ([criterion() | {"shown_when": "flag:boredom"}], "there is no flag “boredom”"),
        ([criterion() | {"shown_when": "facts="}], "say which flag, or which values"),
        ([criterion(), RULE | {"shown_when": "honesty=1,7"}], "“Honesty” has no point 7"),
        ([COMPARE, RULE | {"shown_when": "tone=1"}], "“Tone” compares the sides"),
    ],
)
def test_what_is_left_is_said(criteria, sentence):
    left = left_before_publishing(_of(*criteria))
    assert any(sentence in text for text in left), left


def test_advice_speaks_of_what_raters_see_at_once():
    many = CHECKLIST | {"points": [blank_point(n) | {"weight": 1} for n in range(7)]}
    assert any("6 points at once" in text for text in advice_on(_of(many)))
    assert any("hard to tell apart" in text for text in advice_on(_of(criterion(values=tuple(range(8))))))
    assert any("waits for a condition" in text for text in advice_on(_of(RULE | {"shown_when": "flag:unsafe"})))
    assert not any("worked example" in text for text in advice_on(_of(RULE)))


@pytest.mark.parametrize(
    ("changes", "proposed"),
    [
        ({"kind": "checklist"}, "structure"),
        ({"shown_when": "flag:unsafe"}, "meaning_changed"),
        ({"not_applicable": True}, "meaning_changed"),
        ({"weight": 2.0}, "clarified"),
        ({}, "wording"),
    ],
)
def test_the_kind_of_change_is_proposed(changes, proposed):
    diff = diff_contents(_of(criterion()), _of(criterion() | changes))
    assert diff.proposed == proposed and diff.changed == bool(changes)


def test_the_weight_of_a_point_is_a_clarification():
    points = [point | {"weight": point.get("weight", 0) + 1} for point in CHECKLIST["points"]]
    diff = diff_contents(_of(CHECKLIST), _of(CHECKLIST | {"points": points}))
    assert diff.proposed == "clarified"
    assert [field.label for field in diff.criteria[0].points[0].fields if field.changed] == ["Weight"]


def test_turning_into_a_kind_makes_its_points():
    rule = turned_into(criterion(), "rule")
    assert [(point["value"], point["anchor"]) for point in rule["points"]] == [(0, "No"), (1, "Yes")]
    assert turned_into(rule, "scale")["points"] == [blank_point(value) for value in range(1, 6)]
    assert turned_into(criterion(), "compare")["points"] == [] and "kind" not in turned_into(rule, "scale")
    assert turned_into(criterion(), "checklist")["points"] == criterion()["points"]
    assert turned_into(CHECKLIST, "scale")["points"] == criterion()["points"]
    assert turned_into(CHECKLIST, "checklist") == CHECKLIST


@pytest.mark.parametrize(
    ("posted", "condition"),
    [
        ({}, None),
        ({"when": "flag:unsafe", "when_values": "1"}, "flag:unsafe"),
        ({"when": "honesty", "when_values": " 1; 2 and −3"}, "honesty=1,2,-3"),
        ({"when": "honesty", "when_values": ""}, "honesty="),
    ],
)
def test_the_two_fields_of_a_condition_become_its_text(posted, condition):
    given = {"name": "Facts", "slug": "facts"} | posted
    written = merged(_of(criterion(), CHECKLIST), "1", given)["criteria"][1]
    assert written.get("shown_when") == condition and written["kind"] == "checklist"


def test_the_dock_is_drawn_as_the_kind_asks():
    content = _of(criterion() | {"not_applicable": True}, RULE | {"shown_when": "honesty=3"}, COMPARE)
    scale, rule, compare = (asking(content, place) for place in range(3))
    assert [choice["key"] for choice in scale.choices] == [1, 2, 3, 9] and scale.rows == ["a", "b"]
    assert rule.words == "asked only where “Honesty” is 3" and (rule.when, rule.when_values) == ("honesty", "3")
    assert "tone" not in dict(asking(_of(COMPARE, RULE), 1).whens)
    assert [(choice["key"], choice["words"]) for choice in rule.choices] == [(1, "Step 1"), (2, "Step 0")]
    assert compare.rows == ["pair"] and [choice["words"] for choice in compare.choices] == [
        "A better",
        "Same",
        "B better",
    ]
    assert asking(_of(CHECKLIST), 0).choices[-1] == {"key": 0, "words": "None of these"}
    assert condition_in_words("honesty=", content["criteria"]) == ""


@pytest.mark.django_db
def test_the_editor_turns_weighs_and_conditions(project, rubric_version, lena, client: Client):
    client.force_login(lena)
    draft = versions.start_draft(rubric=rubric_version.rubric, actor=lena)
    seen = client.get(EDIT, {"part": "1"}).context["seen"]
    typed = {"part": "1", "seen": seen, "name": "Safe", "slug": "safe", "question": "Is it?", "action": "kind:rule"}
    client.post(EDIT, typed)
    page = client.get(EDIT, {"part": "1"})
    text = page.content.decode()
    assert 'value="kind:rule" aria-pressed="true"' in text and "Add point" not in text and "readonly" in text
    asked = {"seen": page.context["seen"], "action": "save", "when": "correctness", "when_values": "1, 2"}
    points = {"p0-value": "0", "p0-anchor": "No", "p1-value": "1", "p1-anchor": "Yes"}
    client.post(EDIT, typed | asked | points | {"weight": "0.5", "not_applicable": "on"})
    [_, written] = content_of(draft)["criteria"]
    assert written == {
        "slug": "safe", "name": "Safe", "question": "Is it?", "kind": "rule", "weight": 0.5, "not_applicable": True,
        "shown_when": "correctness=1,2",
        "points": [blank_point(0) | {"anchor": "No"}, blank_point(1) | {"anchor": "Yes"}],
    }  # fmt: skip
    assert "Asked only where “Correctness” is 1 or 2." in client.get(EDIT, {"part": "1"}).content.decode()


@pytest.mark.django_db
def test_a_wrong_weight_is_marked_and_the_draft_stays(project, rubric_version, lena, client: Client):
    client.force_login(lena)
    draft = versions.start_draft(rubric=rubric_version.rubric, actor=lena)
    before = content_of(draft)
    answer = client.post(EDIT, {"part": "0", "name": "A", "slug": "a", "weight": "heavy"})
    assert answer.status_code == 422 and "A number from 0 to 100." in answer.content.decode()
    assert content_of(draft) == before
    with pytest.raises(DraftMalformed):
        versions.edit_draft(version=draft, guidance="", criteria=[criterion() | {"kind": "poem"}], actor=lena)
