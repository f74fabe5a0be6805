"""Frozen sets: the same bytes everywhere, one split per prompt, a trail to every judgment, tampering found."""

import json
import uuid
from collections import defaultdict

import pytest
from django.core.management import call_command
from django.db import DatabaseError, connection, transaction

from annotation import assigning, batching, exporting, freezing
from annotation.errors import NothingToFreeze, SetFileMissing
from annotation.importing import import_file
from annotation.judging import Answer, revise_judgment
from annotation.models import Batch, Judgment, PreferencePair, PreferenceSet, PromptSet
from annotation.preferring import line_of, split_of
from annotation.set_files import write_set_file
from annotation.slicing import STRENGTHS
from tests.annotation.makers import answer, make_batch, sha, shown_value
from training.rlhf.records import check_split, read_demonstrations, read_groups
from workforce.errors import NotAllowed

pytestmark = pytest.mark.django_db
PREFERENCES_SHA256 = "5688a8b88eeb5026f213b08a29772f1652731c90a9c6ae1b83fc7bf5c64c3921"
OF_THE_FIRST_SHAPE = "ec1ce0dc15378bfab065121903341fff752b4a0580d5d9766b334799279343a7"
DEMONSTRATIONS_SHA256 = "c7b68eae8efc2824e634df7c1efe2274cd22fcc1f6ea368ef83601fe5e954943"


def _import(project, lena, kind, rows) -> None:
    lines = [json.dumps(row).encode() + b"\n" for row in rows]
    report = import_file(project=project, kind=kind, filename=f"{kind}.jsonl", lines=lines, actor=lena)
    assert report.state == "accepted", report.errors


@pytest.fixture
def history(project, lena, rubric_version) -> Batch:
    """Forty pairs on twenty prompts with two or three judgments each, and one demonstration per prompt."""
    pairs = [
        {
            "id": f"c{n}",
            "prompt": f"Frage {n // 2} – été?",
            "responses": [{"text": f"one {n} 😀", "model": "m1"}, {"text": f"two {n}", "model": "m2"}],
        }
        for n in range(40)
    ]
    said = [
        {"item": f"c{n}", "rater": f"w{rater}", "label": ("a", "b", "tie")[(n + rater) % (2 + n % 2)]}
        for n in range(40)
        for rater in range(2 + n % 2)
    ]
    _import(project, lena, "comparisons", pairs)
    _import(project, lena, "judgments", said)
    demonstrations = [{"id": f"d{n}", "prompt": f"Frage {n} – été?", "response": f"So {n}."} for n in range(20)]
    _import(project, lena, "demonstrations", demonstrations)
    return Batch.objects.get()


@pytest.fixture
def frozen(project, lena, history) -> PreferenceSet:
    return freezing.freeze_preference_set(project=project, name="P", batches=[history], actor=lena)


def test_a_fixed_corpus_always_has_the_same_bytes(project, lena, frozen):
    """These are the digests on SQLite and PostgreSQL, whatever was in the database before."""
    assert frozen.sha256 == PREFERENCES_SHA256
    assert freezing.freeze_demonstration_set(project=project, name="D", actor=lena).sha256 == DEMONSTRATIONS_SHA256


def test_a_set_that_was_frozen_before_there_were_slices_still_verifies(project, lena, frozen):
    lines = [json.loads(line) for line in freezing.set_path(frozen_set=frozen).open("rb")]
    assert lines[0]["slices"] == ["Script: Latin", "Turns: one"]
    assert lines[0]["pairs"][0]["slices"] == ["Models: m1 and m2"]
    for line in lines:
        del line["slices"], line["shape"], line["rankings"]
        for pair in line["pairs"]:
            del pair["slices"], pair["targets"]
    sha256 = write_set_file(lines=(line_of(line) for line in lines))
    columns = {"number": 2, "name": "old", "filters": {"seed": 0}, "counts": frozen.counts}
    old = PreferenceSet.objects.create(project=project, sha256=sha256, **columns)
    for pair in frozen.pairs.order_by("pk"):
        judgments = list(pair.judgments.all())
        pair.pk, pair.preference_set = None, old
        pair.save()
        pair.judgments.set(judgments)
    assert freezing.verify_set(frozen_set=old) and freezing.verify_set(frozen_set=frozen)


def test_freezing_again_gives_the_same_file(project, lena, history, frozen):
    again = freezing.freeze_preference_set(project=project, name="again", batches=[history], actor=lena)
    assert (again.number, again.sha256) == (2, frozen.sha256)
    assert freezing.freeze_preference_set(
        project=project, name="other split", batches=[history], actor=lena, seed=1
    ).sha256 != frozen.sha256  # fmt: skip


def test_the_file_is_named_by_its_bytes_and_read_by_the_training_core(frozen):
    path = freezing.set_path(frozen_set=frozen)
    assert path.name == f"{sha(path.read_text())}.jsonl" == f"{frozen.sha256}.jsonl"
    groups = list(read_groups(path))
    assert len(groups) == 40 and sum(len(group.pairs) for group in groups) == frozen.counts["pairs"] == 40
    check_split(groups)
    assert [(group.prompt, group.group) for group in groups] == sorted((group.prompt, group.group) for group in groups)


def test_no_prompt_is_in_two_splits_of_either_set(project, lena, frozen):
    demonstrations = freezing.freeze_demonstration_set(project=project, name="D", actor=lena)
    splits = defaultdict(set)
    for group in read_groups(freezing.set_path(frozen_set=frozen)):
        splits[group.prompt].add(group.split)
    for one in read_demonstrations(freezing.set_path(frozen_set=demonstrations)):
        splits[one.prompt].add(one.split)
    assert len(splits) == 20 and all(len(found) == 1 for found in splits.values())


def test_the_split_is_about_eighty_ten_ten():
    found = [split_of(prompt_digest=sha(str(n)), seed=7) for n in range(5000)]
    shares = [found.count(split) / 5000 for split in ("train", "validation", "test")]
    assert shares == pytest.approx([0.8, 0.1, 0.1], abs=0.02)


def test_every_pair_leads_to_its_judgments(frozen):
    for pair in frozen.pairs.prefetch_related("judgments"):
        strengths = [judgment.strength for judgment in pair.judgments.all()]
        assert {judgment.task_id for judgment in pair.judgments.all()} == {pair.task_id}
        assert len(strengths) == pair.wins_first + pair.ties + pair.wins_second and sum(strengths) == pair.strength
        assert pair.wins_first == sum(strength < 0 for strength in strengths)
    assert frozen.counts["judgments"] == Judgment.objects.count() == 100


def test_a_flipped_byte_and_a_missing_file_are_found(frozen):
    assert freezing.verify_set(frozen_set=frozen)
    path = freezing.set_path(frozen_set=frozen)
    whole = path.read_bytes()
    path.write_bytes(whole[:500] + bytes([whole[500] ^ 1]) + whole[501:])
    assert not freezing.verify_set(frozen_set=frozen)
    with pytest.raises(SetFileMissing):
        exporting.export_preference_set(frozen_set=frozen)
    path.unlink()
    assert not freezing.verify_set(frozen_set=frozen)
    path.write_bytes(whole)
    assert freezing.verify_set(frozen_set=frozen)
    assert b"".join(exporting.export_preference_set(frozen_set=frozen)) == whole


def test_rows_that_differ_from_the_file_are_found(frozen, project, lena, history):
    PreferencePair.objects.bulk_create([_forged(frozen, history)])
    assert not freezing.verify_set(frozen_set=frozen)


def _forged(frozen: PreferenceSet, history: Batch) -> PreferencePair:
    pair = frozen.pairs.first()
    swapped = {"first": pair.second, "second": pair.first, "wins_first": 9, "ties": 0, "wins_second": 0}
    return PreferencePair(
        preference_set=frozen, task=pair.task, prompt=pair.prompt, strength=-9, split=pair.split, **swapped
    )


def test_demonstration_sets_verify_too(project, lena, history):
    frozen = freezing.freeze_demonstration_set(project=project, name="D", actor=lena)
    assert freezing.verify_set(frozen_set=frozen) and frozen.counts["demonstrations"] == 20
    assert len(b"".join(exporting.export_demonstration_set(frozen_set=frozen)).splitlines()) == 20
    freezing.set_path(frozen_set=frozen).write_bytes(b"")
    assert not freezing.verify_set(frozen_set=frozen)


@pytest.mark.parametrize("table", ["preferenceset", "preferencepair", "preferencepairjudgment"])
@pytest.mark.parametrize("statement", ["UPDATE annotation_{} SET id = id", "DELETE FROM annotation_{}"])
def test_the_database_refuses_to_change_a_set(frozen, table, statement):
    with pytest.raises(DatabaseError, match="are_never"), transaction.atomic():
        connection.cursor().execute(statement.format(table))


def test_a_revision_and_cant_judge_are_not_what_is_frozen(project, lena, rubric_version, rafi, rosa):
    batch = make_batch(project, lena, rubric_version, tasks=1, overlap=2)
    held = assigning.claim_next(batch=batch, rater=rafi)
    first = answer(held, value=shown_value(held, -3)).judgment
    revise_judgment(uid=first.uid, rater=rafi, submission=uuid.uuid4(), answer=Answer(value=shown_value(held, 2)))
    answer(assigning.claim_next(batch=batch, rater=rosa), cant_judge="other")
    frozen = freezing.freeze_preference_set(project=project, name="P", batches=[batch], actor=lena)
    pair = frozen.pairs.get()
    assert (pair.wins_first, pair.ties, pair.wins_second, pair.strength) == (0, 0, 1, 2)
    assert frozen.counts["left_out"] == {"judgments_without_opinion": 1}


def test_a_ranking_gives_a_pair_for_every_two_responses(project, lena, rubric_version, rafi):
    batch = make_batch(project, lena, rubric_version, tasks=1, overlap=1, kind="ranking", responses=4)
    held = assigning.claim_next(batch=batch, rater=rafi)
    answer(held, ranking=[[1, 3, 3, 2][position] for position in held.display_order])
    frozen = freezing.freeze_preference_set(project=project, name="P", batches=[batch], actor=lena)
    [group] = read_groups(freezing.set_path(frozen_set=frozen))
    found = {(pair.i, pair.j): (pair.wins_i, pair.ties, pair.wins_j, pair.strength) for pair in group.pairs}
    first, tie, second = (1, 0, 0, -1), (0, 1, 0, 0), (0, 0, 1, 1)
    assert found == {(0, 1): first, (0, 2): first, (0, 3): first, (1, 2): tie, (1, 3): second, (2, 3): second}


def test_the_preview_says_what_freezing_would_hold(project, lena, history, frozen):
    assert freezing.preview_preference_set(project=project, batches=[history]) == frozen.counts
    few = freezing.preview_preference_set(project=project, batches=[history], min_judgments=3)
    assert (few["pairs"], few["left_out"]) == (20, {"pairs_with_too_few_judgments": 20})


def test_agreement_ceiling_and_rubric_are_kept_with_the_set(frozen):
    [reports] = frozen.agreement.values()
    assert {report["basis"] for report in reports} == {"sign", "sign_symmetrised"}
    assert frozen.human_ceiling["split"] == "test" and frozen.human_ceiling["all"]["n_pairs"] > 0
    assert frozen.rubric_versions == [{"rubric": "helpful", "number": 1, "digest": "0" * 64}]


def test_people_have_a_ceiling_by_strength_and_by_length(project, lena, history, monkeypatch):
    monkeypatch.setattr(freezing, "LEAST_IN_A_SLICE", 1)
    frozen = freezing.freeze_preference_set(project=project, name="P", batches=[history], actor=lena)
    ceilings = frozen.human_ceiling["slices"]
    assert {"slight preference", "up to twice as long", "Models: m1 and m2"} <= set(ceilings)
    # Two raters apart, a tie with a win, three of one mind: each pair stands in one slice of each kind.
    for kind in (STRENGTHS, [name for name in ceilings if name.endswith("long")]):
        held = sum(ceilings[name]["n_pairs"] for name in kind if name in ceilings)
        assert held == frozen.human_ceiling["n_pairs"] > 0


def test_nothing_cannot_be_frozen(project, lena, rubric_version, rafi):
    batch = make_batch(project, lena, rubric_version)
    writing = make_batch(project, lena, rubric_version, kind="demonstration")
    for batches in ([], [batch], [writing]):
        with pytest.raises(NothingToFreeze):
            freezing.freeze_preference_set(project=project, name="P", batches=batches, actor=lena)
    with pytest.raises(NothingToFreeze):
        freezing.freeze_demonstration_set(project=project, name="D", actor=lena)
    with pytest.raises(NotAllowed):
        freezing.freeze_preference_set(project=project, name="P", batches=[batch], actor=rafi)


def test_prompts_are_exported_by_digest(project, lena):
    import_file(
        project=project,
        kind="prompts",
        filename="p",
        lines=[b'{"prompt": "a"}\n', b'{"prompt": "b"}\n'],
        actor=lena,
        prompt_set_name="pool",
    )
    lines = [json.loads(line) for line in exporting.export_prompts(prompt_set=PromptSet.objects.get())]
    assert [line["prompt"] for line in lines] == sorted(line["prompt"] for line in lines) and len(lines) == 2
    assert set(lines[0]) == {"prompt", "messages"}


def test_the_command_freezes_too(project, lena, history, capsys):
    call_command("freeze_set", "helpful", "preferences", "From the shell", "--actor", "lena", "--batch", "1")
    assert PreferenceSet.objects.get().sha256 in capsys.readouterr().out
    batching.progress_of(batch=history)
