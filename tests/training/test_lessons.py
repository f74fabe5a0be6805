"""What a run learns from its set: asked at launch, refused where the set has it not, shown, and really fitted."""

import math
from pathlib import Path

import pytest
from django.test import Client
from django.urls import reverse

from annotation.assigning import claim_next
from annotation.freezing import freeze_preference_set, set_path
from annotation.models import PreferenceSet, Project
from rubrics.models import RubricVersion
from tests.annotation.makers import answer, make_batch, shown_value
from tests.training.page_rows import make_preferences, make_run
from training.launching import RunRefused, launch_run
from training.models import ModelVersion, TrainingRun
from training.rlhf import reward
from training.rlhf.configs import RewardConfig
from training.rlhf.records import Group, read_groups
from workforce import people
from workforce.models import Role, User

pytestmark = pytest.mark.django_db
LABELS = ("counts", "majority", "posterior", "reliable")


@pytest.fixture
def argued(
    project: Project, lena: User, rubric_version: RubricVersion, rafi: User, rosa: User, noor: User
) -> PreferenceSet:
    """Twelve pairs that Rafi and Rosa judge alike; Noor says the opposite on most of them."""
    batch = make_batch(project, lena, rubric_version, tasks=12, overlap=3)
    for rater in (rafi, rosa, noor):
        given = 0
        while (held := claim_next(batch=batch, rater=rater)) is not None:
            side = -2 if held.task.number % 2 else 2
            against = rater == noor and held.task.number % 4
            answer(held, value=shown_value(held, -side if against else side))
            given += 1
        assert given == 12
    return freeze_preference_set(project=project, name="Argued", batches=[batch], actor=lena)


@pytest.fixture
def noor(project: Project) -> User:
    return people.add_member(team=project.team, username="noor", display_name="Noor", role=Role.RATER, actor=None)


def wanted(group: Group, labels: str) -> float:
    """P(first) that a run should learn of the group's only pair, from its file."""
    [pair] = group.pairs
    votes = (pair.wins_i, pair.ties, pair.wins_j)
    assert pair.posterior is not None and pair.reliable is not None
    first, tie, second = {
        "counts": votes,
        "majority": tuple(float(n == max(votes)) for n in votes),
        "posterior": pair.posterior,
        "reliable": pair.reliable,
    }[labels]
    return float((first + tie / 2) / (first + tie + second))


@pytest.mark.parametrize("labels", LABELS)
def test_a_run_learns_the_numbers_of_its_targets(
    argued: PreferenceSet, tiny_folders: dict[str, Path], tmp_path: Path, labels: str
) -> None:
    """With more features than pairs and hardly a penalty, the fitted chance of each pair is its target."""
    path = set_path(frozen_set=argued)
    config = RewardConfig.from_dict(
        {"base": str(tiny_folders["policy"]), "labels": labels, "l2": 1e-7, "ties": "half", "splits": 0, "probes": 0}
        | {"steps": 40, "holdout_share": 0.0}
    )
    train, *_ = reward.read_split(config, {"preferences": path})
    seen: list[float] = []
    reward.run(
        config,
        {"preferences": path},
        tmp_path / "out",
        report=lambda step, figures: seen.append(figures["loss"]),
        should_stop=lambda: False,
    )
    targets = [wanted(group, labels) for group in train]
    relied = [group.pairs[0].reliance if labels == "reliable" else 1.0 for group in train]
    mean = sum(relied) / len(relied)
    lowest = sum(
        w / mean * -sum(q * math.log(q) for q in (p, 1 - p) if q > 0) for p, w in zip(targets, relied, strict=True)
    ) / len(targets)
    # The entropy of the targets is what no model can be below; another target has another entropy.
    assert seen[-1] == pytest.approx(lowest, abs=0.01)


def test_the_targets_of_the_set_differ_as_they_should(argued: PreferenceSet) -> None:
    groups = list(read_groups(set_path(frozen_set=argued)))
    told = {labels: [round(wanted(group, labels), 3) for group in groups] for labels in LABELS}
    assert len({tuple(values) for values in told.values()}) == 4
    for counts, reliable in zip(told["counts"], told["reliable"], strict=True):
        assert abs(reliable - 0.5) >= abs(counts - 0.5)  # Noor counts for less


@pytest.mark.parametrize("kind", ["reward", "dpo"])
@pytest.mark.parametrize("labels", LABELS)
def test_the_choice_is_launched_kept_and_shown(
    client: Client, project: Project, ada: User, argued: PreferenceSet, tiny: ModelVersion, kind: str, labels: str
) -> None:
    client.force_login(ada)
    page = client.get(reverse("run-new", args=[project.slug]), {"kind": kind}).content.decode()
    assert "Learn from" in page and "Reliability-weighted — " in page and "an outcome of their own" in page
    given = {"kind": kind, "preset": "smoke", "seed": 1, "base": tiny.pk, "preference_set": argued.pk}
    answered = client.post(reverse("run-new", args=[project.slug]), given | {"setting_labels": labels})
    assert answered.status_code == 302
    run = TrainingRun.objects.get()
    assert run.config["labels"] == labels
    shown = client.get(answered["Location"]).content.decode()
    words = {"counts": "vote shares", "reliable": "reliability-weighted"}.get(labels, labels)
    assert f"learns from <b>{words}</b>" in shown and f"{words}; ties " in shown
    again = client.get(reverse("run-new", args=[project.slug]), {"clone": run.number})
    assert again.context["form"]["setting_labels"].value() == labels


@pytest.mark.parametrize("labels", ["posterior", "reliable"])
def test_a_set_from_before_targets_teaches_votes_alone(
    project: Project, ada: User, argued: PreferenceSet, tiny: ModelVersion, labels: str
) -> None:
    with pytest.raises(RunRefused) as refusal:
        _launch(project, ada, tiny, argued, labels, targets=None)
    assert "before sets carried this" in (refusal.value.fields or {})["labels"]
    assert not TrainingRun.objects.exists()


@pytest.mark.parametrize("labels", ["posterior", "reliable"])
def test_a_set_without_a_model_of_its_raters_says_why(
    project: Project, lena: User, ada: User, rubric_version: RubricVersion, rafi: User, tiny: ModelVersion, labels: str
) -> None:
    batch = make_batch(project, lena, rubric_version, tasks=2, overlap=1)
    while (held := claim_next(batch=batch, rater=rafi)) is not None:
        answer(held, value=2)
    alone = freeze_preference_set(project=project, name="Alone", batches=[batch], actor=lena)
    with pytest.raises(RunRefused) as refusal:
        _launch(project, ada, tiny, alone, labels)
    assert "one rater" in (refusal.value.fields or {})["labels"]
    assert _launch(project, ada, tiny, alone, "counts").config["labels"] == "counts"


def _launch(
    project: Project, ada: User, tiny: ModelVersion, frozen: PreferenceSet, labels: str, **changes: object
) -> TrainingRun:
    for name, value in changes.items():
        setattr(frozen, name, value)
    return launch_run(
        project=project,
        kind="reward",
        preset="smoke",
        actor=ada,
        base=tiny,
        preference_set=frozen,
        config={"labels": labels},
    )


def test_a_run_from_before_the_choice_shows_none(client: Client, project: Project, ada: User) -> None:
    client.force_login(ada)
    run = make_run(project, 1, kind="dpo", preference_set=make_preferences(project))
    TrainingRun.objects.filter(pk=run.pk).update(config={name: v for name, v in run.config.items() if name != "labels"})
    text = client.get(reverse("run", args=[project.slug, 1])).content.decode()
    assert "learns from" not in text
