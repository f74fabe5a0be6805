"""The preferred response, made better by the rater: kept as a response of its own that names what it improves."""

from django.utils.translation import gettext as _

from annotation.answers import Reading
from annotation.canonical import response_digest
from annotation.errors import Incomplete
from annotation.identity import names_its_model
from annotation.models import Response, Task
from workforce.models import User


def improve(*, task: Task, reading: Reading, text: str, author: User) -> Response:
    """The response with this text, improving the one that the reading prefers.

    The same text to the same prompt is one response, whoever wrote it first. Raises Incomplete on a tie, without a
    verdict, or if the text is that of one of the task's responses.
    """
    best = [position for position, rank in enumerate(reading.ranks) if rank == 1]
    if len(best) != 1:
        raise Incomplete(fields={"improved": _("Prefer one answer before you improve it.")})
    members = [member.response for member in task.members.select_related("response").order_by("position")]
    if any(response.text == text for response in members):
        raise Incomplete(fields={"improved": _("The text is the same as before. Change it, or go back.")})
    response, _created = Response.objects.get_or_create(
        prompt_id=task.prompt_id,
        digest=response_digest(text=text),
        defaults={
            "text": text,
            "author": author,
            "improves": members[best[0]],
            "identity_leak": names_its_model(text),
        },
    )
    return response
