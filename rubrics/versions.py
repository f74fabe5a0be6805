"""Verbs of a rubric's life: create, draft, edit, publish, retire. Nothing else writes its rows."""

from django.db import IntegrityError, transaction
from django.utils import timezone

from rubrics.checks import left_before_publishing
from rubrics.content import Content, CriterionContent, content_of, digest_of, problems_of
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
from workforce import auditing, roles
from workforce.models import AuditEvent, Role, Team, User

Change = RubricVersion.Change
State = RubricVersion.State


@transaction.atomic
def create_rubric(*, team: Team, slug: str, name: str, actor: User) -> Rubric:
    """A new rubric of the team, with an empty draft as version 1. Raises RubricSlugTaken, NotAllowed."""
    roles.require(user=actor, team=team, role=Role.LEAD)
    try:
        with transaction.atomic():
            rubric = Rubric.objects.create(team=team, slug=slug, name=name)
    except IntegrityError as error:
        raise RubricSlugTaken(fields={"slug": "Taken. Choose another short name."}) from error
    RubricVersion.objects.create(rubric=rubric, number=1, created_by=actor)
    auditing.record(stream=team.slug, actor=actor, verb="create_rubric", target=f"rubric:{slug}")
    return rubric


@transaction.atomic
def edit_draft(
    *, version: RubricVersion, guidance: str, criteria: list[CriterionContent], actor: User, seen: str | None = None
) -> RubricVersion:
    """Replace the whole content of a draft; criteria in the order given, points sorted by value.

    A draft may be incomplete, but not malformed. `seen` is the digest of the content the editor
    started from; it need not fit if the actor made the last change, in another window say. Raises
    VersionFrozen, DraftMalformed (fields as in content.problems_of), DraftChangedMeanwhile, NotAllowed.
    """
    version = _locked_draft(version, actor)
    before = digest_of(content_of(version))
    if seen is not None and seen != before and not _last_edited_by(version, before, actor):
        raise DraftChangedMeanwhile
    content: Content = {"guidance": guidance, "criteria": criteria}
    if problems := problems_of(content):
        raise DraftMalformed(fields=problems)
    version.guidance = guidance
    version.save(update_fields=["guidance"])
    _write_criteria(version, criteria)
    after = digest_of(content_of(version))
    if after != before:
        _record(version, actor, "edit_draft", before=before, after=after)
    return version


@transaction.atomic
def start_draft(*, rubric: Rubric, actor: User) -> RubricVersion:
    """The next version as a draft, with the content of the newest that was ever published. Raises DraftExists."""
    roles.require(user=actor, team=rubric.team, role=Role.LEAD)
    Rubric.objects.select_for_update().get(pk=rubric.pk)
    versions = list(rubric.versions.order_by("-number"))
    if any(version.state == State.DRAFT for version in versions):
        raise DraftExists
    content: Content = content_of(versions[0]) if versions else {"guidance": "", "criteria": []}
    draft = RubricVersion.objects.create(
        rubric=rubric,
        number=versions[0].number + 1 if versions else 1,
        change=Change.CLARIFIED if versions else Change.FIRST,
        guidance=content["guidance"],
        created_by=actor,
    )
    _write_criteria(draft, content["criteria"])
    _record(draft, actor, "start_draft", after=digest_of(content))
    return draft


@transaction.atomic
def publish_version(*, version: RubricVersion, change: str, actor: User) -> RubricVersion:
    """Freeze a complete draft for good. Its digest is the SHA-256 of the canonical content.

    Raises NotReadyToPublish (fields["left"] lists what is missing), WrongChangeClass, VersionFrozen.
    """
    version = _locked_draft(version, actor)
    if change not in Change.values or (change == Change.FIRST) != (version.number == 1):
        raise WrongChangeClass
    content = content_of(version)
    if left := left_before_publishing(content):
        raise NotReadyToPublish(fields={"left": left})
    version.state, version.change, version.digest = State.PUBLISHED, change, digest_of(content)
    version.published_by, version.published_at = actor, timezone.now()
    version.save(update_fields=["state", "change", "digest", "published_by", "published_at"])
    _record(version, actor, "publish_version", after=version.digest, change=change)
    return version


@transaction.atomic
def retire_version(*, version: RubricVersion, actor: User) -> RubricVersion:
    """No new batch may use it; batches and labels that do stay. Retiring twice changes nothing."""
    roles.require(user=actor, team=version.rubric.team, role=Role.LEAD)
    if RubricVersion.objects.filter(pk=version.pk, state=State.PUBLISHED).update(state=State.RETIRED):
        _record(version, actor, "retire_version")
    version.refresh_from_db()
    return version


def _locked_draft(version: RubricVersion, actor: User) -> RubricVersion:
    """The row as it is now, locked. Editing and publishing at once would otherwise freeze half an edit."""
    roles.require(user=actor, team=version.rubric.team, role=Role.LEAD)
    fresh = RubricVersion.objects.select_for_update(of=("self",)).select_related("rubric__team").get(pk=version.pk)
    if fresh.state != State.DRAFT:
        raise VersionFrozen
    return fresh


def _last_edited_by(version: RubricVersion, digest: str, actor: User) -> bool:
    target = _target(version)
    events = AuditEvent.objects.filter(stream=version.rubric.team.slug, target=target, after_digest=digest)
    return events.order_by("-sequence").values_list("actor_id", flat=True).first() == actor.pk


def _target(version: RubricVersion) -> str:
    return f"rubric:{version.rubric.slug}:v{version.number}"


def _write_criteria(version: RubricVersion, criteria: list[CriterionContent]) -> None:
    version.criteria.all().delete()
    for position, content in enumerate(criteria):
        criterion = Criterion.objects.create(
            version=version,
            slug=content["slug"],
            name=content["name"],
            question=content["question"],
            position=position,
            kind=content.get("kind", Criterion.Kind.SCALE),
            not_applicable=content.get("not_applicable", False),
            weight=content.get("weight", 1.0),
            shown_when=content.get("shown_when", ""),
        )
        ScorePoint.objects.bulk_create(ScorePoint(criterion=criterion, **point) for point in content["points"])


def _record(
    version: RubricVersion, actor: User, verb: str, *, before: str = "", after: str = "", **detail: str
) -> None:
    auditing.record(
        stream=version.rubric.team.slug,
        actor=actor,
        verb=verb,
        target=_target(version),
        detail=detail,
        before_digest=before,
        after_digest=after,
    )
