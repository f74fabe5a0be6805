"""Answers that a policy wrote, taken into the corpus under the model's name."""

from collections.abc import Iterable
from typing import Any

from annotation.canonical import response_digest
from annotation.identity import names_its_model
from annotation.models import Project, Prompt, Response
from training.models import ModelVersion


def stored(text: str) -> str:
    """The text as a database can keep it: a model that writes bytes can write NUL, which PostgreSQL refuses."""
    return text.replace("\x00", "\ufffd")


def import_answers(*, project: Project, model: ModelVersion, lines: Iterable[dict[str, Any]]) -> list[Response]:
    """A Response for every distinct answer of a sample run's lines, in their order; those there already are reused.

    Lines are {"prompt": digest, "responses": [{"text"}]}; the model's name is the model tag.
    """
    lines = list(lines)
    known = Prompt.objects.filter(project=project, digest__in=[line["prompt"] for line in lines])
    prompts = {prompt.digest: prompt for prompt in known}
    wanted: dict[tuple[int, str], Response] = {}
    for line in lines:
        prompt = prompts[line["prompt"]]
        for answer in line["responses"]:
            text = stored(answer["text"])
            digest = response_digest(text=text, model_tag=model.name)
            row = Response(prompt=prompt, digest=digest, text=text, model_tag=model.name)
            row.identity_leak = names_its_model(text)
            wanted.setdefault((prompt.pk, digest), row)
    Response.objects.bulk_create(wanted.values(), ignore_conflicts=True)
    rows = Response.objects.filter(prompt__in=prompts.values(), model_tag=model.name).select_related("prompt")
    found = {(row.prompt_id, row.digest): row for row in rows}
    return [found[key] for key in wanted]
