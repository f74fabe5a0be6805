"""Freezing on a page, and the page of a set: its digest, counts, people, download and verification."""

import hashlib

import pytest
from django.test import Client
from django.urls import reverse

from annotation import freezing
from annotation.importing import import_file
from annotation.models import Batch, PreferenceSet, Project
from rubrics.models import RubricVersion
from tests.annotation.makers import make_batch
from tests.annotation.pages import answered
from workforce.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture
def lead(client: Client, project: Project, lena: User) -> Client:
    client.force_login(lena)
    return client


@pytest.fixture
def batch(project: Project, lena: User, rosa: User, rafi: User, rubric_version: RubricVersion) -> Batch:
    return answered(make_batch(project, lena, rubric_version, tasks=6), [rosa, rafi])


def _freeze(lead: Client, batch: Batch, **changes: object):  # type: ignore[no-untyped-def]
    given = {"name": "round 1", "batches": [batch.pk], "min_judgments": 1, "seed": 0} | changes
    return lead.post(reverse("preference-set-new", args=["helpful"]), given, follow=True)


def test_the_preview_says_what_is_then_frozen(lead: Client, batch: Batch) -> None:
    preview = lead.get(reverse("preference-set-preview", args=["helpful"]), {"batches": batch.pk}).context["preview"]
    page = _freeze(lead, batch)
    frozen = PreferenceSet.objects.get()
    assert {key: frozen.counts[key] for key in ("pairs", "judgments", "by_split")} == {
        key: preview[key] for key in ("pairs", "judgments", "by_split")
    }
    assert frozen.sha256 in page.content.decode()


def test_every_pair_leads_to_its_judgments_and_raters(lead: Client, batch: Batch) -> None:
    page = _freeze(lead, batch)
    text = page.content.decode()
    for pair in page.context["page"]:
        for judgment in pair.judgments.all():
            assert str(judgment.uid) in text
    assert "Rosa" in text
    assert "Batch 1" in text


def test_no_batch_chosen_is_marked_and_the_name_kept(lead: Client, batch: Batch) -> None:
    answer = lead.post(reverse("preference-set-new", args=["helpful"]), {"name": "mine", "min_judgments": 1, "seed": 0})
    assert answer.status_code == 422
    assert "Choose at least one batch." in answer.content.decode()
    assert 'value="mine"' in answer.content.decode()


def test_a_batch_without_answers_is_refused_in_words(
    lead: Client, project: Project, lena: User, rubric_version: RubricVersion
) -> None:
    answer = _freeze(lead, make_batch(project, lena, rubric_version))
    assert answer.status_code == 422
    assert "Nothing was frozen" in answer.content.decode()
    assert not PreferenceSet.objects.exists()


def test_a_batch_of_another_project_cannot_be_chosen(lead: Client, vic: User, batch: Batch, lena: User) -> None:
    other = Project.objects.create(slug="other", name="Other", team=vic.memberships.get().team)
    Batch.objects.filter(pk=batch.pk).update(project=other)
    assert _freeze(lead, batch).status_code == 422


def test_the_download_has_the_digest_on_the_page(lead: Client, batch: Batch) -> None:
    _freeze(lead, batch)
    body = b"".join(lead.get(reverse("preference-set-download", args=["helpful", 1])).streaming_content)  # type: ignore[attr-defined]  # the answer is a stream
    assert hashlib.sha256(body).hexdigest() == PreferenceSet.objects.get().sha256


def test_verifying_finds_a_changed_file(lead: Client, batch: Batch) -> None:
    _freeze(lead, batch)
    verify = reverse("preference-set-verify", args=["helpful", 1])
    assert "Verified" in lead.post(verify, follow=True).content.decode()
    path = freezing.set_path(frozen_set=PreferenceSet.objects.get())
    path.chmod(0o644)
    path.write_bytes(path.read_bytes() + b"\n")
    assert "Verified" not in lead.post(verify, follow=True).content.decode()
    assert lead.get(reverse("preference-set-download", args=["helpful", 1])).status_code == 409


def test_demonstrations_are_frozen_with_their_split(lead: Client, project: Project, lena: User) -> None:
    rows = [b'{"id": "d%d", "prompt": "Why %d?", "response": "Because."}' % (n, n) for n in range(5)]
    import_file(project=project, kind="demonstrations", filename="d.jsonl", lines=rows, actor=lena)
    page = lead.post(reverse("demonstration-set-new", args=["helpful"]), {"name": "all"}, follow=True)
    frozen = project.demonstration_sets.get()
    assert frozen.sha256 in page.content.decode()
    assert frozen.items.count() == 5


def test_the_page_says_what_the_set_may_teach(lead: Client, batch: Batch) -> None:
    page = _freeze(lead, batch)
    text = page.content.decode()
    targets = page.context["targets"]
    assert targets.kept["pairs"] == 6 and [row.answers for row in targets.raters] == [6, 6]
    assert "Majority and posterior differ" in text and "How far raters are relied on" in text
    assert "First, tie, second:" in text


def test_a_set_frozen_before_there_were_targets_says_so(lead: Client, project: Project) -> None:
    PreferenceSet.objects.create(project=project, number=7, name="Old", sha256="a" * 64)
    text = lead.get(reverse("preference-set", args=["helpful", 7])).content.decode()
    assert "frozen before sets carried targets" in text
