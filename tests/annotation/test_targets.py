"""Targets in a frozen set: beside the votes and never instead, the same on every database, and rebuilt from rows."""

import json
from collections import Counter
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from annotation import assigning, freezing
from annotation.importing import import_file
from annotation.models import (
    Batch,
    Judgment,
    PreferencePair,
    PreferenceRater,
    PreferenceSet,
    PreferenceTarget,
    Project,
)
from annotation.opinions import FIRST, MILLION, SECOND, TIE, Opinion, in_millionths
from annotation.preferring import groups_of
from annotation.set_files import write_set_file
from rubrics.models import RubricVersion
from tests.annotation.golds import make_golds, open_with
from tests.annotation.makers import answer, make_batch, shown_value
from tests.annotation.test_freezing import OF_THE_FIRST_SHAPE, history  # noqa: F401 (a fixture)
from training.rlhf.records import read_groups
from workforce.models import User

pytestmark = pytest.mark.django_db


def lines_of(frozen: PreferenceSet) -> list[dict]:
    return [json.loads(line) for line in freezing.set_path(frozen_set=frozen).read_bytes().splitlines()]


def summary(frozen: PreferenceSet) -> dict[str, Any]:
    assert frozen.targets is not None
    return dict(frozen.targets)


def judged(batch: Batch, rater: User, *strengths: int) -> None:
    for strength in strengths:
        held = assigning.claim_next(batch=batch, rater=rater)
        assert held is not None
        answer(held, value=shown_value(held, strength))


def votes_in(line: dict) -> dict[tuple[int, int], list[int]]:
    """The votes of each pair, counted anew from the rankings of the line alone."""
    found: dict[tuple[int, int], list[int]] = {}
    for ranking in line["rankings"]:
        opinion = Opinion("", 0, 0, ranking["places"], ranking.get("partial", False))
        for pair in line["pairs"]:
            said = opinion.on(pair["i"], pair["j"])
            if said is not None:
                found.setdefault((pair["i"], pair["j"]), [0, 0, 0])[said] += 1
    return found


def check_lines(frozen: PreferenceSet) -> None:
    """Raw votes are recoverable from the rankings, and every target is what its votes and weights say."""
    for line in lines_of(frozen):
        assert line["shape"] == 2
        votes = votes_in(line)
        for pair in line["pairs"]:
            counts = [pair["wins_i"], pair["ties"], pair["wins_j"]]
            assert votes[pair["i"], pair["j"]] == counts
            target = pair["targets"]
            assert target["shares"] == list(in_millionths(counts)) and target["raters"] == sum(counts)
            assert sum(target["shares"]) == sum(target["reliable"]) == MILLION
            assert target["posterior"] is None or sum(target["posterior"]) == MILLION
            weights = [0, 0, 0]
            for ranking in line["rankings"]:
                opinion = Opinion("", 0, 0, ranking["places"], ranking.get("partial", False))
                said = opinion.on(pair["i"], pair["j"])
                if said is not None:
                    weights[said] += ranking["reliability"]
            assert target["reliable"] == pytest.approx(list(in_millionths(weights)), abs=2)
            assert target["weight"] == pytest.approx(sum(weights), abs=2)
            best = [side for side, n in zip(("i", "tie", "j"), counts, strict=True) if n == max(counts)]
            assert target["majority"] == (best[0] if len(best) == 1 else None)


def test_every_target_stands_beside_its_votes(project: Project, lena: User, history: Batch) -> None:  # noqa: F811 (the fixture)
    frozen = freezing.freeze_preference_set(project=project, name="P", batches=[history], actor=lena)
    check_lines(frozen)
    assert freezing.verify_set(frozen_set=frozen)
    assert summary(frozen)["pairs"] == 40 and summary(frozen)["model"]
    raters = list(frozen.raters.all())
    assert [one.number for one in raters] == [1, 2, 3] and sum(one.answers for one in raters) == 100
    known = Counter(ranking["rater"] for line in lines_of(frozen) for ranking in line["rankings"])
    assert known == {f"r{one.number}": one.answers for one in raters}
    text = freezing.set_path(frozen_set=frozen).read_text()
    assert not any(one.rater.username in text for one in raters)


def test_a_set_of_the_first_shape_is_still_whole(project: Project, lena: User, history: Batch) -> None:  # noqa: F811 (the fixture)
    """As they were frozen before sets had targets, slices and provenance: the same bytes, rebuilt from such rows."""
    groups = list(groups_of(batches=[history], min_judgments=1, seed=0))
    for group in groups:
        group.opinions, group.sliced = [], False
        for pair in group.pairs:
            pair.provenance = ""
    sha256 = write_set_file(lines=(group.line() for group in groups))
    assert sha256 == OF_THE_FIRST_SHAPE
    old = PreferenceSet.objects.create(project=project, number=1, name="Old", sha256=sha256)
    freezing._write_pairs(old, groups)
    assert old.targets is None and freezing.verify_set(frozen_set=old)
    [first, *_] = read_groups(freezing.set_path(frozen_set=old))
    assert first.rankings == () and first.pairs[0].posterior is None


def test_rankings_stay_rankings_with_their_ties(
    project: Project, lena: User, rubric_version: RubricVersion, rafi: User, rosa: User
) -> None:
    batch = make_batch(project, lena, rubric_version, tasks=2, overlap=2, kind="ranking", responses=4)
    for rater, ranks in ((rafi, [1, 3, 3, 2]), (rosa, [1, 2, 3, 4])):
        for _ in range(2):
            held = assigning.claim_next(batch=batch, rater=rater)
            assert held is not None
            answer(held, ranking=[ranks[position] for position in held.display_order])
    frozen = freezing.freeze_preference_set(project=project, name="P", batches=[batch], actor=lena)
    check_lines(frozen)
    for line in lines_of(frozen):
        assert sorted(ranking["places"] for ranking in line["rankings"]) == [[1, 2, 3, 4], [1, 3, 3, 2]]
    assert (summary(frozen)["rankings"], summary(frozen)["rankings_with_ties"]) == (4, 2)
    [group, *_] = read_groups(freezing.set_path(frozen_set=frozen))
    assert {ranking.places for ranking in group.rankings} == {(1, 2, 3, 4), (1, 3, 3, 2)}
    assert freezing.verify_set(frozen_set=frozen)


def test_best_and_worst_leaves_the_middle_uncompared() -> None:
    opinion = Opinion("", 0, 0, [1, 2, 2, 3], partial=True)
    assert [opinion.on(0, 1), opinion.on(1, 2), opinion.on(2, 3), opinion.on(3, 0)] == [FIRST, None, FIRST, SECOND]
    assert Opinion("", 0, 0, [1, 2, 2, None]).on(1, 2) == TIE and Opinion("", 0, 0, [1, None]).on(0, 1) is None


def test_gold_among_the_work_says_how_far_raters_are_relied_on(
    project: Project, lena: User, rubric_version: RubricVersion, rafi: User, rosa: User
) -> None:
    """Rafi is right on every gold, Rosa on none; each judged the other's pairs the other way."""
    make_golds(project, [2, -2] * 6)
    batch = open_with(project, lena, rubric_version, tasks=12, overlap=2, gold_rate=50)
    panels = {task.pk: task.panel_answer.answer["strength"] for task in batch.tasks.filter(lane="gold")}
    for rater, sign in ((rafi, 1), (rosa, -1)):
        while held := assigning.claim_next(batch=batch, rater=rater):
            canonical = sign * panels[held.task_id] if held.task_id in panels else sign
            answer(held, value=shown_value(held, canonical))
    gold_given = Judgment.objects.filter(task__lane="gold")
    assert gold_given.count() > 6
    frozen = freezing.freeze_preference_set(project=project, name="P", batches=[batch], actor=lena)
    check_lines(frozen)
    right, wrong = (PreferenceRater.objects.get(rater=rater) for rater in (rafi, rosa))
    assert right.weight > 2 * wrong.weight and (right.accuracy or 0) > 800_000 > 300_000 > (wrong.accuracy or MILLION)
    for line in lines_of(frozen):
        for pair in line["pairs"]:
            assert pair["targets"]["majority"] is None
            assert pair["targets"]["posterior"][2] > 800_000 and pair["targets"]["reliable"][2] > 600_000
    assert summary(frozen)["checks"] == len({j.task_id for j in gold_given}) and summary(frozen)["undecided"] == 12
    assert freezing.verify_set(frozen_set=frozen)


def test_one_rater_alone_leaves_votes_and_says_why(
    project: Project, lena: User, rubric_version: RubricVersion, rafi: User
) -> None:
    batch = make_batch(project, lena, rubric_version, tasks=2, overlap=1)
    judged(batch, rafi, 2, -1)
    frozen = freezing.freeze_preference_set(project=project, name="P", batches=[batch], actor=lena)
    check_lines(frozen)
    assert summary(frozen)["model"] is None and "one rater" in summary(frozen)["reason"]
    assert frozen.raters.get().low is None and frozen.raters.get().weight == MILLION
    assert all(pair["targets"]["posterior"] is None for line in lines_of(frozen) for pair in line["pairs"])


@pytest.mark.parametrize("table", ["preferencetarget", "preferencerater", "preferenceranking"])
@pytest.mark.parametrize("statement", ["UPDATE annotation_{} SET id = id", "DELETE FROM annotation_{}"])
def test_the_database_refuses_to_change_targets(
    project: Project,
    lena: User,
    history: Batch,  # noqa: F811 (the fixture)
    table: str,
    statement: str,
) -> None:
    freezing.freeze_preference_set(project=project, name="P", batches=[history], actor=lena)
    with pytest.raises(DatabaseError, match="are_never"), transaction.atomic():
        connection.cursor().execute(statement.format(table))


@pytest.mark.parametrize(
    ("rule", "shares"),
    [
        ("a_posterior_is_whole_or_not_there", {"posterior_first": 1, "posterior_tie": None, "posterior_second": 2}),
        ("a_posterior_is_whole_or_not_there", {"posterior_first": 1, "posterior_tie": 2, "posterior_second": 3}),
        ("reliable_shares_are_whole", {"reliable_first": 5}),
    ],
)
def test_the_database_refuses_shares_that_are_not_whole(
    project: Project,
    lena: User,
    history: Batch,  # noqa: F811 (the fixture)
    rule: str,
    shares: dict[str, int],
) -> None:
    frozen = freezing.freeze_preference_set(project=project, name="P", batches=[history], actor=lena)
    pair = frozen.pairs.select_related("task").first()
    assert pair is not None
    forged = PreferencePair.objects.create(
        preference_set=frozen,
        task=pair.task,
        prompt=pair.prompt,
        first=pair.second,
        second=pair.first,
        wins_first=1,
        ties=0,
        wins_second=0,
        strength=-1,
        split=pair.split,
    )
    whole = {"posterior_first": MILLION, "posterior_tie": 0, "posterior_second": 0}
    whole |= {"reliable_first": MILLION, "reliable_tie": 0, "reliable_second": 0, "raters": 1, "weight": MILLION}
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        PreferenceTarget.objects.create(pair=forged, **(whole | shares))


def test_raters_names_do_not_change_a_byte(
    project: Project,
    lena: User,
    history: Batch,  # noqa: F811 (the fixture)
) -> None:
    first = freezing.freeze_preference_set(project=project, name="P", batches=[history], actor=lena)
    for rater in User.objects.filter(judgments__isnull=False).distinct():
        User.objects.filter(pk=rater.pk).update(display_name=f"Other {rater.pk}")
    again = freezing.freeze_preference_set(project=project, name="Q", batches=[history], actor=lena)
    assert again.sha256 == first.sha256


def test_a_change_of_a_target_row_is_found(project: Project, lena: User, history: Batch) -> None:  # noqa: F811 (the fixture)
    frozen = freezing.freeze_preference_set(project=project, name="P", batches=[history], actor=lena)
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DROP TRIGGER preference_targets_are_never_changed")
        else:
            cursor.execute("DROP TRIGGER preference_targets_are_never_changed ON annotation_preferencetarget")
    PreferenceTarget.objects.filter(pair__preference_set=frozen).update(raters=9)
    assert not freezing.verify_set(frozen_set=frozen)


def test_import_of_more_votes_changes_the_next_set_only(
    project: Project,
    lena: User,
    history: Batch,  # noqa: F811 (the fixture)
) -> None:
    frozen = freezing.freeze_preference_set(project=project, name="P", batches=[history], actor=lena)
    more = [json.dumps({"item": f"c{n}", "rater": "w9", "label": "a"}).encode() + b"\n" for n in range(40)]
    report = import_file(project=project, kind="judgments", filename="more.jsonl", lines=more, actor=lena)
    assert report.state == "accepted"
    assert freezing.verify_set(frozen_set=frozen)
