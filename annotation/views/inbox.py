"""What was written to a rater, for the home page: what must be read first, with the rubric's change in it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db.models import OuterRef, Q, Subquery

from annotation.models import Batch
from annotation.raters.noticing import NOTICED
from annotation.repinning import move_in_words
from rubrics.comparing import VersionDiff, diff_contents
from rubrics.content import with_content
from rubrics.models import RubricVersion
from workforce.models import Message, User

SHOWN = 10
VERSION = re.compile(r"^rubric_version:(\d{1,18})(?: batch:(\d{1,18}) from:(\d{1,9}))?$")
BATCH = re.compile(r"^batch:(\d{1,18})$")
HOLD = re.compile(r"^hold:(\w+)$")


@dataclass(frozen=True)
class Letter:
    """A message with what it is about: a version of a rubric and its change, or a batch."""

    message: Message
    version: RubricVersion | None = None
    diff: VersionDiff | None = None
    batch: Batch | None = None
    answered: "Letter | None" = None
    moved_from: int | None = None

    @property
    def body(self) -> str:
        """What it says: people's words as they wrote them, the platform's in the reader's language."""
        held = HOLD.match(self.message.target)
        if self.message.kind == Message.Kind.PAUSE and held and held[1] in NOTICED:
            return str(NOTICED[held[1]])
        version, batch, old = self.version, self.batch, self.moved_from
        if self.message.kind != Message.Kind.RUBRIC or version is None or batch is None or old is None:
            return self.message.body
        return move_in_words(batch=batch, version=version, old=old)

    @property
    def quoted(self) -> str:
        """What it answers; "" if nothing."""
        if self.answered is not None:
            return self.answered.body
        return self.message.answers.body if self.message.answers else ""

    @property
    def first(self) -> bool:
        """Whether it has to be read before anything else."""
        return self.message.pinned and not self.message.is_read  # type: ignore[attr-defined]  # annotated by inbox_of


def messages_of(rater: User) -> list[Message]:
    """The newest ten that must be read first and the newest ten of the others: own and to the whole team; one query."""
    inbox = Message.objects.inbox_of(rater)
    must = Q(pinned=True, is_read=False)
    first, rest = (kind.order_by("-pk").values("pk")[:SHOWN] for kind in (inbox.filter(must), inbox.exclude(must)))
    return list(inbox.filter(Q(pk__in=first) | Q(pk__in=rest)).order_by("-pk"))


def batches_in(messages: Iterable[Message]) -> set[int]:
    """Primary keys of the batches that these are about."""
    told = _with_answered(messages)
    moved = {int(found[2]) for message in told if (found := VERSION.match(message.target)) and found[2]}
    return moved | _named(told, BATCH)


def letters_of(messages: Iterable[Message], rater: User, batches: Mapping[int, Batch]) -> list[Letter]:
    """Each message with what it is about; one query, if any of them is about a rubric. `batches` holds those named."""
    messages = list(messages)
    changes = _changes(_named(_with_answered(messages), VERSION), rater)
    return [_letter(message, changes, batches) for message in messages]


def unread_of(rater: User) -> int:
    """How many messages the rater has not read."""
    return Message.objects.inbox_of(rater).unread_by(rater).count()


def _with_answered(messages: Iterable[Message]) -> list[Message]:
    """These and what they answer."""
    return [one for message in messages for one in (message, message.answers) if one is not None]


def _named(messages: Iterable[Message], what: re.Pattern[str]) -> set[int]:
    return {int(found[1]) for message in messages if (found := what.match(message.target))}


def _letter(
    message: Message, changes: Mapping[int, tuple[RubricVersion, VersionDiff | None]], batches: Mapping[int, Batch]
) -> Letter:
    first = message.answers
    answered = _letter(first, changes, batches) if first is not None and first.kind == Message.Kind.RUBRIC else None
    if (found := VERSION.match(message.target)) and int(found[1]) in changes:
        version, diff = changes[int(found[1])]
        batch, old = batches.get(int(found[2])) if found[2] else None, int(found[3]) if found[3] else None
        return Letter(message, version, diff, batch, answered, old)
    if found := BATCH.match(message.target):
        return Letter(message, batch=batches.get(int(found[1])), answered=answered)
    return Letter(message, answered=answered)


def _changes(wanted: set[int], rater: User) -> dict[int, tuple[RubricVersion, VersionDiff | None]]:
    """Each version with what it changed, from the published one before it."""
    if not wanted:
        return {}
    older = RubricVersion.objects.filter(
        rubric=OuterRef("rubric"), number__lt=OuterRef("number"), published_at__isnull=False
    )
    before = Subquery(older.order_by("-number").values("pk")[:1])
    asked = RubricVersion.objects.filter(pk__in=wanted).annotate(before=before)
    versions = RubricVersion.objects.visible_to(rater).filter(Q(pk__in=wanted) | Q(pk__in=asked.values("before")))
    told = {(version.rubric_id, version.number): (version, content) for version, content in with_content(versions)}
    changes = {}
    for (rubric, number), (version, content) in told.items():
        numbers = [n for r, n in told if r == rubric and n < number and told[r, n][0].published_at is not None]
        diff = diff_contents(told[rubric, max(numbers)][1], content) if numbers else None
        changes[version.pk] = (version, diff)
    return changes
