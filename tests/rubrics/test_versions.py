"""A rubric's life: draft, edited, published, frozen, retired; and the next draft."""

import pytest
from django.db import DatabaseError, transaction

from rubrics import versions
from rubrics.content import content_of, digest_of
from rubrics.errors import (
    DraftChangedMeanwhile,
    DraftExists,
    DraftMalformed,
    NotReadyToPublish,
    RubricSlugTaken,
    VersionFrozen,
    WrongChangeClass,
)
from rubrics.models import Criterion, Rubric, RubricVersion, ScorePoint
from tests.rubrics.writing import criterion
from workforce.errors import NotAllowed
from workforce.models import AuditEvent, Team, User

pytestmark = pytest.mark.django_db


@pytest.fixture
def rubric(team: Team, lena: User) -> Rubric:
    return versions.create_rubric(team=team, slug="honest", name="Honest", actor=lena)


@pytest.fixture
def draft(rubric: Rubric, lena: User) -> RubricVersion:
    return versions.edit_draft(version=rubric.versions.get(), guidance="Read both.", criteria=[criterion()], actor=lena)


def test_a_new_rubric_has_an_empty_draft(rubric: Rubric) -> None:
    version = rubric.versions.get()
    assert (version.number, version.state, version.criteria.count()) == (1, "draft", 0)


def test_a_short_name_is_used_once_in_a_team(rubric: Rubric, lena: User) -> None:
    with pytest.raises(RubricSlugTaken):
        versions.create_rubric(team=rubric.team, slug="honest", name="Other", actor=lena)
    assert Rubric.objects.count() == 1


def test_only_leads_and_admins_write_rubrics(team: Team, rosa: User, vic: User) -> None:
    for person in (rosa, vic):
        with pytest.raises(NotAllowed):
            versions.create_rubric(team=team, slug="x", name="X", actor=person)


def test_editing_replaces_the_content(draft: RubricVersion, lena: User) -> None:
    versions.edit_draft(version=draft, guidance="New.", criteria=[criterion("tone"), criterion("style")], actor=lena)
    content = content_of(draft.rubric.versions.get())
    assert content["guidance"] == "New."
    assert [c["slug"] for c in content["criteria"]] == ["tone", "style"]


def test_a_malformed_edit_names_each_field_and_changes_nothing(draft: RubricVersion, lena: User) -> None:
    before = content_of(draft)
    bad = criterion("Not A Slug", values=(1, 1))
    with pytest.raises(DraftMalformed) as caught:
        versions.edit_draft(version=draft, guidance="", criteria=[bad], actor=lena)
    assert set(caught.value.fields or {}) == {"0.slug", "0.points.1.value"}
    assert content_of(draft.rubric.versions.get()) == before


def test_a_nul_anywhere_is_named_and_not_saved(rubric: Rubric, lena: User) -> None:
    bad = criterion(name="A\x00", question="\x00?")
    bad["points"][2]["example"] = "\x00"
    with pytest.raises(DraftMalformed) as caught:
        versions.edit_draft(version=rubric.versions.get(), guidance="\x00", criteria=[bad], actor=lena)
    assert set(caught.value.fields or {}) == {"guidance", "0.name", "0.question", "0.points.2.anchor"}


def test_an_edit_from_an_older_state_is_refused(draft: RubricVersion, lena: User, ada: User) -> None:
    seen = digest_of(content_of(draft))
    versions.edit_draft(version=draft, guidance="Ada was here.", criteria=[], actor=ada, seen=seen)
    with pytest.raises(DraftChangedMeanwhile):
        versions.edit_draft(version=draft, guidance="Lena too.", criteria=[], actor=lena, seen=seen)


def test_publishing_waits_for_every_anchor(rubric: Rubric, lena: User) -> None:
    bare = criterion()
    bare["points"][1]["description"] = "  "
    version = versions.edit_draft(version=rubric.versions.get(), guidance="", criteria=[bare], actor=lena)
    with pytest.raises(NotReadyToPublish) as caught:
        versions.publish_version(version=version, change="first", actor=lena)
    assert (caught.value.fields or {})["left"] == ["Honesty, point 2: write the full anchor."]
    assert rubric.versions.get().state == "draft"


def test_publishing_records_the_digest_of_the_content(draft: RubricVersion, lena: User) -> None:
    published = versions.publish_version(version=draft, change="first", actor=lena)
    assert published.digest == digest_of(content_of(draft))
    assert published.published_by == lena
    assert AuditEvent.objects.filter(verb="publish_version", after_digest=published.digest).exists()


def test_a_published_version_is_frozen_by_verb_and_database(draft: RubricVersion, lena: User) -> None:
    published = versions.publish_version(version=draft, change="first", actor=lena)
    with pytest.raises(VersionFrozen):
        versions.edit_draft(version=published, guidance="x", criteria=[], actor=lena)
    with pytest.raises(VersionFrozen):
        versions.publish_version(version=published, change="first", actor=lena)
    with pytest.raises(DatabaseError, match="frozen"), transaction.atomic():
        Criterion.objects.filter(version=published).update(question="Something else?")


def test_nothing_is_moved_into_a_published_version(draft: RubricVersion, lena: User) -> None:
    published = versions.publish_version(version=draft, change="first", actor=lena)
    later = versions.start_draft(rubric=draft.rubric, actor=lena)
    versions.edit_draft(version=later, guidance="", criteria=[criterion("tone", values=(7, 8))], actor=lena)
    moved, host = Criterion.objects.filter(version=later), published.criteria.get()
    with pytest.raises(DatabaseError, match="moved"), transaction.atomic():
        moved.update(version=published, position=9)
    with pytest.raises(DatabaseError, match="moved"), transaction.atomic():
        ScorePoint.objects.filter(criterion__version=later).update(criterion=host)
    assert digest_of(content_of(published)) == published.digest


@pytest.mark.parametrize("change", ["wording", "clarified", "meaning_changed", "structure", "nonsense"])
def test_the_first_version_is_a_first_version(draft: RubricVersion, lena: User, change: str) -> None:
    with pytest.raises(WrongChangeClass):
        versions.publish_version(version=draft, change=change, actor=lena)


def test_the_next_draft_starts_as_a_copy(draft: RubricVersion, lena: User) -> None:
    first = versions.publish_version(version=draft, change="first", actor=lena)
    second = versions.start_draft(rubric=draft.rubric, actor=lena)
    assert (second.number, second.state) == (2, "draft")
    assert digest_of(content_of(second)) == first.digest
    with pytest.raises(DraftExists):
        versions.start_draft(rubric=draft.rubric, actor=lena)
    with pytest.raises(WrongChangeClass):
        versions.publish_version(version=second, change="first", actor=lena)


def test_retiring_keeps_the_content(draft: RubricVersion, lena: User) -> None:
    published = versions.publish_version(version=draft, change="first", actor=lena)
    retired = versions.retire_version(version=published, actor=lena)
    assert (retired.state, retired.digest) == ("retired", published.digest)
    versions.retire_version(version=retired, actor=lena)
    assert AuditEvent.objects.filter(verb="retire_version").count() == 1
