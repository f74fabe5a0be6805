"""What the platform writes for raters reads in their language, wherever it was written: letters, evidence, cards."""

from __future__ import annotations

import json

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from annotation import assigning, batching, repinning
from annotation.batch_options import BatchOptions
from annotation.evidence import evidence_in_words, evidence_of_round
from annotation.importing import import_file
from annotation.models import Comparison
from rubrics import versions
from rubrics.comparing import diff_contents
from tests.annotation.makers import answer, make_batch
from tests.rubrics.writing import criterion
from workforce import messaging
from workforce.models import Message, Skill, SkillGrant

pytestmark = pytest.mark.django_db
ARABIC = {"accept-language": "ar"}


@pytest.fixture
def moved(project, lena, rubric_version):
    """A batch that a lead has moved to a version whose first criterion asks more."""
    batch = make_batch(project, lena, rubric_version)
    draft = versions.start_draft(rubric=rubric_version.rubric, actor=lena)
    content = [criterion("correctness") | {"not_applicable": True}, criterion("tone")]
    versions.edit_draft(version=draft, guidance="", criteria=content, actor=lena)
    version = versions.publish_version(version=draft, change="structure", actor=lena)
    with translation.override("ar"):  # whatever the lead reads, the record is in English
        repinning.move_batch(batch=batch, version=version, actor=lena)
    return batch


def test_a_letter_about_the_rubric(client: Client, moved, rosa, lena) -> None:
    client.force_login(rosa)
    page = client.get(reverse("work"), headers=ARABIC).content.decode()
    assert f"تستمر الدفعة {moved.number}، a batch" in page
    for words in ("goes on under", "criterion added", "criterion removed", "not applicable", "Structure", "Guidance"):
        assert words not in page
    assert "معيار جديد" in page and "يجوز تركه إن كان لا ينطبق" in page and "يطلب الدليل الآن شيئًا آخر" in page
    assert (
        "goes on under Helpful v2 (structure). What you have begun keeps version 1;"
        in client.get(reverse("work")).content.decode()
    )
    client.force_login(lena)
    assert "goes on under Helpful v2" in client.get("/p/helpful/messages/", headers=ARABIC).content.decode()


def test_an_answer_about_it_quotes_it_in_the_same_language(client: Client, moved, rosa, lena) -> None:
    said = messaging.reply(message=Message.objects.get(kind="rubric"), author=rosa, body="Why?")
    messaging.reply(message=said, author=lena, body="Because of Tuesday")
    client.force_login(rosa)
    page = client.get(reverse("work"), headers=ARABIC).content.decode()
    assert "Because of Tuesday" in page and "goes on under" not in page
    assert page.count("تستمر الدفعة") == 2


def test_what_a_rubric_change_says_of_itself_is_in_words() -> None:
    before = {"guidance": "", "criteria": [criterion("facts"), criterion("tone")]}
    when = [{"shown_when": "flag:unsafe", "kind": "rule"}, {"shown_when": "facts=1,2"}]
    after = {**before, "criteria": [one | more for one, more in zip(before["criteria"], when, strict=True)]}

    def added(language: str) -> str:
        with translation.override(language):
            pieces = [piece for one in diff_contents(before, after).criteria for f in one.fields for piece in f.pieces]
        return " ".join(piece.text for piece in pieces if piece.kind == "added")

    assert "where somebody flags: unsafe content" in " ".join(added("en").split())
    said = added("ar")
    assert "محتوى غير آمن" in said and "نعم أو لا" in said and "facts" in said
    assert "flag:" not in said and "Yes or no" not in said


def test_what_a_skill_rests_on(client: Client, project, team, lena, rubric_version, rosa) -> None:
    skill = Skill.objects.create(team=team, slug="helpfulness", name="Helpfulness")
    batch = make_batch(project, lena, rubric_version)
    batch.requires.add(skill)
    kept = evidence_of_round(batch=3, right=24, n=30, bar=24)
    assert kept == "Batch 3: 24 of 30, bar 24"
    SkillGrant.objects.create(skill=skill, user=rosa, granted_at=timezone.now(), evidence=kept)
    client.force_login(rosa)
    assert "Batch 3: 24 of 30, bar 24" in client.get(reverse("work")).content.decode()
    page = client.get(reverse("work"), headers=ARABIC).content.decode()
    assert "الدفعة 3: 24 من 30" in page and "24 of 30" not in page
    assert evidence_in_words("Speaks Arabic at home") == "Speaks Arabic at home"


def test_who_says_what_beside_the_panels_answer(client: Client, project, lena, rubric_version, rosa) -> None:
    row = {
        "id": "k1",
        "messages": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Can I freeze rice?"}],
        "responses": [{"text": "Yes."}, {"text": "No."}],
        "panel": {"grade": -2, "note": "Rice freezes well."},
    }
    import_file(project=project, kind="calibration", filename="k", lines=[json.dumps(row).encode()], actor=lena)
    batch = batching.open_batch(
        project=project,
        name="round",
        kind="pairwise",
        rubric_version=rubric_version,
        overlap=2,
        items=batching.items_from_comparisons(comparisons=Comparison.objects.all(), kind="pairwise"),
        actor=lena,
        options=BatchOptions(mode="calibration"),
    )
    held = assigning.claim_next(batch=batch, rater=rosa)
    mine = answer(held, value=1, rationale="because").judgment
    client.force_login(rosa)
    address = reverse("label-reveal", args=[mine.uid])
    english = client.get(address).content.decode()
    assert '<span class="role">System prompt</span>' in english and '<span class="role">User</span>' in english
    page = client.get(address, headers=ARABIC).content.decode()
    assert '<span class="role">المستخدم</span>' in page and '<span class="role">User</span>' not in page
