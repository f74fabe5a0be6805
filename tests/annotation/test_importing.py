"""Imports: whole or not at all, the same file twice adds nothing, each bad row named by line and reason."""

import json

import pytest

from annotation.errors import FileTooLarge, RubricNotUsable
from annotation.importing import import_file
from annotation.models import Batch, Comparison, Demonstration, ImportReport, Judgment, Prompt, PromptSet, Response
from tests.annotation.makers import make_comparison
from workforce.errors import NotAllowed
from workforce.models import User

pytestmark = pytest.mark.django_db


def _lines(*rows) -> list[bytes]:
    return [row if isinstance(row, bytes) else json.dumps(row).encode() + b"\n" for row in rows]


def _comparison(name: str, **given) -> dict:
    responses = [{"text": f"{name} one", "model": "m1"}, {"text": f"{name} two", "model": "m2"}]
    return {"id": name, "prompt": f"Ask {name}", "responses": responses, **given}


@pytest.fixture
def load(project, lena):
    def load(kind, *rows, **given) -> ImportReport:
        return import_file(project=project, kind=kind, filename="rows.jsonl", lines=_lines(*rows), actor=lena, **given)

    return load


def test_comparisons_come_in_whole_and_in_canonical_order(load, project):
    report = load("comparisons", _comparison("c1", source="s"), _comparison("c2"), prompt_set_name="pool")
    assert (report.state, report.rows, report.error_count) == ("accepted", 2, 0)
    assert report.created == {"prompts": 2, "responses": 4, "comparisons": 2}
    first = Comparison.objects.get(external_id="c1")
    assert [(m.position, m.response.text) for m in first.members.all()] == [(0, "c1 one"), (1, "c1 two")]
    assert first.source == "s" and PromptSet.objects.get(name="pool").prompts.count() == 2


@pytest.mark.parametrize(
    ("kind", "rows"),
    [
        ("prompts", [{"prompt": "Why?"}, {"messages": [{"role": "user", "content": "How?"}]}]),
        ("comparisons", [_comparison("c1"), _comparison("c2")]),
        ("demonstrations", [{"id": "d1", "prompt": "Why?", "response": "So.", "author": "Kim"}]),
    ],
)
def test_the_same_file_twice_adds_nothing(load, kind, rows):
    first = load(kind, *rows)
    counts = [model.objects.count() for model in (Prompt, Response, Comparison, Demonstration, User)]
    again = load(kind, *rows)
    assert (again.state, again.created, again.unchanged) == ("accepted", {}, len(rows))
    assert again.sha256 == first.sha256
    assert [model.objects.count() for model in (Prompt, Response, Comparison, Demonstration, User)] == counts


def test_one_content_is_one_row_even_within_a_file(load):
    load("comparisons", _comparison("c1"), _comparison("c2", prompt="Ask c1"), _comparison("c1"))
    assert (Prompt.objects.count(), Comparison.objects.count()) == (1, 2)
    assert load("prompts", {"messages": [{"content": "Ask c1", "role": "user"}]}).unchanged == 1


BAD = {
    "bad_utf8": [b'{"prompt": "\xff"}\n', "{}".encode("utf-16"), b"\x1f\x8b\x08"],
    "bad_json": [
        b"{\n",
        b'{"prompt": "a\x00b"}\n',
        b'{"prompt": ' + b"9" * 5000 + b"}\n",
        b"{'prompt': 1}\n",
    ],
    "bad_number": [b'{"prompt": NaN}\n', b'{"prompt": -Infinity}\n'],
    "duplicate_key": [b'{"prompt": "a", "prompt": "b"}\n', b'{"messages": [{"role": "user", "role": "user"}]}\n'],
    "too_deep": [b'{"prompt": ' + b"[" * 40 + b"]" * 40 + b"}\n", b"[" * 100_000 + b"\n"],
    "nul": [{"prompt": "a\x00b"}, {"prompt": "a", "x\x00": 1}],
    "lone_surrogate": [b'{"prompt": "\\ud800"}\n'],
    "field_too_long": [{"prompt": "a" * 200_001}],
    "row_too_long": [{"prompt": "a" * 1_000_001}],
    "not_an_object": [[1], "text", 7],
    "unknown_key": [{"prompt": "a", "promt": "b"}],
    "bad_prompt": [{"id": "x"}, {"prompt": "a", "messages": []}],
    "empty_text": [{"prompt": "  "}],
    "bad_text": [{"prompt": 7}, {"prompt": "a", "id": "b" * 121}, {"prompt": "a", "source": "b\nc"}, {"prompt": None}],
    "bad_messages": [
        {"messages": []},
        {"messages": [{"role": "user"}]},
        {"messages": [{"role": "god", "content": "a"}]},
        {"messages": [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}]},
    ],
}


@pytest.mark.parametrize(("code", "row"), [(code, row) for code, rows in BAD.items() for row in rows])
def test_a_bad_row_is_named_and_refuses_the_whole_file(load, code, row):
    report = load("prompts", {"prompt": "good"}, row, {"prompt": "also good"})
    assert report.state == "refused" and not Prompt.objects.exists()
    [error] = report.errors
    assert (error["line"], error["code"]) == (2, code)
    assert error["message"].endswith(".") and len(error["excerpt"]) <= 200
    assert ImportReport.objects.get() == report


BAD_COMPARISONS = {
    "bad_text": [{"prompt": "no id"}, {"responses": [{"text": 1}, {"text": "b"}]}],
    "bad_responses": [
        {"responses": []},
        {"responses": ["a", "b"]},
        {"responses": [{"text": str(n)} for n in range(10)]},
    ],
    "same_response": [{"responses": [{"text": "a"}, {"text": "a"}]}],
    "unknown_key": [{"responses": [{"text": "a", "score": 1}, {"text": "b"}]}],
}


@pytest.mark.parametrize(("code", "given"), [(code, row) for code, rows in BAD_COMPARISONS.items() for row in rows])
def test_a_bad_comparison_is_refused(load, code, given):
    row = _comparison("c1", **given)
    if given.get("prompt") == "no id":
        del row["id"]
    report = load("comparisons", row)
    assert (report.state, report.errors[0]["code"]) == ("refused", code)
    assert not Prompt.objects.exists() and not Response.objects.exists()


def test_an_id_with_other_content_refuses_the_file_after_rows_were_written(load):
    load("comparisons", _comparison("c1"))
    report = load("comparisons", _comparison("c2"), _comparison("c1", prompt="Something else"))
    assert report.errors[0]["code"] == "id_taken" and report.errors[0]["line"] == 2
    assert Prompt.objects.count() == 1 and Comparison.objects.count() == 1


def test_errors_are_counted_in_full_and_kept_up_to_a_thousand(load):
    report = load("prompts", *[{"prompt": ""} for _ in range(1200)])
    assert (report.error_count, len(report.errors), report.rows) == (1200, 1000, 1200)
    assert report.errors[-1]["line"] == 1000


def test_bom_blank_lines_line_ends_and_every_script_are_fine(load):
    text = "héllo 👩‍👩‍👧 \u202e مرحبا"
    rows = [b"\xef\xbb\xbf" + json.dumps({"prompt": "a"}).encode() + b"\r\n", b"\n", {"prompt": text}]
    report = load("prompts", *rows)
    assert (report.state, report.rows) == ("accepted", 2)
    assert Prompt.objects.filter(messages=[{"role": "user", "content": text}]).exists()


def test_an_empty_file_is_refused(load):
    assert load("prompts").errors[0]["code"] == "no_rows"


def test_a_file_over_the_limit_is_refused_before_it_is_read_on(load, settings):
    settings.IMPORT_MAX_BYTES = 100
    with pytest.raises(FileTooLarge):
        load("prompts", *[{"prompt": "a" * 60} for _ in range(3)])
    assert not Prompt.objects.exists()


def test_an_identity_leak_is_flagged_and_the_text_left_alone(load):
    told = {"text": "As an AI language model trained by OpenAI, I cannot."}
    fair = {"text": "OpenAI and Google are companies."}
    load("comparisons", _comparison("c1", responses=[told, fair]))
    assert dict(Response.objects.values_list("text", "identity_leak")) == {told["text"]: True, fair["text"]: False}


def test_history_makes_one_batch_with_a_task_per_comparison(load, project, rubric_version):
    load("comparisons", _comparison("c1"), _comparison("c2"))
    rows = [{"item": item, "rater": rater, "label": label, "seconds": 1.5, "reason": "clear"}
            for item, rater, label in [("c1", "w1", "a"), ("c1", "w2", "tie"), ("c2", "w1", "b")]]  # fmt: skip
    report = load("judgments", *rows)
    assert report.state == "accepted", report.errors
    batch = Batch.objects.get()
    assert (batch.origin, batch.kind, batch.overlap, batch.state) == ("history", "pairwise", 0, "closed")
    assert batch.tasks.count() == 2 and not batch.slots.exists() and report.batch == batch
    said = Judgment.objects.order_by("id").values_list("strength", "rater__username", "wall_ms")
    assert list(said) == [
        (-1, "import:helpful:w1", 1500), (0, "import:helpful:w2", 1500), (1, "import:helpful:w1", 1500)
    ]  # fmt: skip
    assert not User.objects.filter(username__startswith="import:", is_active=True).exists()
    again = load("judgments", *rows)
    assert (again.created, again.unchanged, again.batch) == ({}, 3, batch) and Batch.objects.count() == 1


def test_history_takes_rankings_with_ties(load, project, lena, rubric_version):
    make_comparison(project, "r1", ["x", "y", "z"])
    report = load("judgments", {"item": "r1", "rater": "w1", "ranking": [4, 2, 4]})
    assert report.state == "accepted", report.errors
    assert [placement.rank for placement in Judgment.objects.get().placements.all()] == [2, 1, 2]
    assert Batch.objects.get().kind == "ranking"


@pytest.mark.parametrize(
    ("code", "rows"),
    [
        ("unknown_item", [{"item": "c9", "rater": "w", "label": "a"}]),
        ("conflict", [{"item": "c1", "rater": "w", "label": "a"}, {"item": "c1", "rater": "w", "label": "b"}]),
        (
            "mixed_answers",
            [{"item": "c1", "rater": "w", "label": "a"}, {"item": "c1", "rater": "v", "ranking": [1, 2]}],
        ),
        ("bad_answer", [{"item": "c1", "rater": "w", "label": "c"}]),
        ("bad_answer", [{"item": "c1", "rater": "w"}]),
        ("bad_answer", [{"item": "c1", "rater": "w", "strength": 4}]),
        ("bad_answer", [{"item": "c1", "rater": "w", "strength": True}]),
        ("bad_answer", [{"item": "c1", "rater": "w", "ranking": [1, 2, 3]}]),
        ("bad_seconds", [{"item": "c1", "rater": "w", "label": "a", "seconds": -1}]),
    ],
)
def test_a_bad_judgment_is_refused(load, rubric_version, code, rows):
    load("comparisons", _comparison("c1"))
    report = load("judgments", *rows)
    assert (report.state, report.errors[0]["code"], report.errors[0]["line"]) == ("refused", code, len(rows))
    assert not Judgment.objects.exists() and not Batch.objects.exists()


def test_history_needs_a_published_rubric(load, project):
    project.rubric = None
    project.save()
    load("comparisons", _comparison("c1"))
    with pytest.raises(RubricNotUsable):
        load("judgments", {"item": "c1", "rater": "w", "label": "a"})


def test_only_leads_import(project, rafi, vic):
    for person in (rafi, vic):
        with pytest.raises(NotAllowed):
            import_file(project=project, kind="prompts", filename="f", lines=[], actor=person)
