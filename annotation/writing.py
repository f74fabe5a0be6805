"""What makes a text an answer: something written, changed from its base, and checked by its author.

A task may carry one response, at position 0: the base that the text is edited from.
"""

from collections.abc import Collection
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from annotation.answers import MILLISECONDS_MAX, TEXT_MAX, Gaps, storable
from annotation.errors import Incomplete
from annotation.models import Batch, Response, Task
from rubrics.models import Criterion, RubricVersion


@dataclass(frozen=True, slots=True)
class Written:
    """A text as it came from the page. `checks`: slugs of the criteria that its author has checked it against.

    `pasted`: some of it was pasted, so that reviewers can check its source. Times in milliseconds.
    """

    text: str
    checks: Collection[str]
    pasted: bool
    active_ms: int
    wall_ms: int
    idle_ms: int
    offline_ms: int


def base_of(*, task: Task) -> Response | None:
    """The response that the text is to be edited from, if the task has one."""
    member = task.members.select_related("response").filter(position=0).first()
    return member.response if member else None


def checks_of(*, version: RubricVersion) -> list[Criterion]:
    """The criteria that a text is checked against by its author: those that always ask something of one answer."""
    return list(version.criteria.exclude(kind=Criterion.Kind.COMPARE).filter(shown_when=""))


def one_ending(text: str) -> str:
    """A form without a script sends its line ends as CR LF, the script as LF: the same text is the same here."""
    return text.replace("\r\n", "\n")


def check_text(*, written: Written, batch: Batch, base: Response | None, wanted: list[Criterion]) -> None:
    """Raise Incomplete, naming everything that keeps the text from being an answer, in the order of the screen."""
    if batch.kind != Batch.Kind.DEMONSTRATION:
        raise Incomplete(
            _("This task asks for a grade, not for a text."), fields={"text": _("Grade the answers instead.")}
        )
    text, gaps = written.text, Gaps()
    if not text.strip():
        gaps.missing["text"] = _("your answer to the prompt")
    elif len(text) > TEXT_MAX or not storable(text):
        gaps.wrong["text"] = _("At most %(count)d characters of plain text.") % {"count": TEXT_MAX}
    elif base is not None and text.strip() == one_ending(base.text).strip():
        gaps.missing["text"] = _("your change, for the text is unchanged")
    _check_checks(written=written, wanted=wanted, gaps=gaps)
    times = (written.active_ms, written.wall_ms, written.idle_ms, written.offline_ms)
    if not all(0 <= time <= MILLISECONDS_MAX for time in times):
        gaps.wrong["active_ms"] = _("Times are whole milliseconds, not negative.")
    gaps.refuse()


def _check_checks(*, written: Written, wanted: list[Criterion], gaps: Gaps) -> None:
    left = [criterion for criterion in wanted if criterion.slug not in written.checks]
    if left:
        words = ngettext("the check “%(first)s”", "%(count)d checks, first “%(first)s”", len(left))
        gaps.missing["checks"] = words % {"count": len(left), "first": left[0].question}
    elif set(written.checks) - {criterion.slug for criterion in wanted}:
        gaps.wrong["checks"] = _("This rubric version has no such check.")
