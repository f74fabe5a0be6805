"""Writing imported prompts, comparisons and demonstrations, a chunk at a time, each content once.

Runs inside the import's transaction. A row whose id is taken by other content is refused; a row that is
there already is counted as unchanged.
"""

import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from django.contrib.auth.hashers import make_password

from annotation.canonical import prompt_digest, response_digest, text_digest
from annotation.identity import names_its_model
from annotation.models import (
    Comparison,
    ComparisonResponse,
    Demonstration,
    Judgment,
    Project,
    Prompt,
    PromptSet,
    Response,
)
from annotation.row_shapes import ComparisonRow, DemonstrationRow, PromptRow
from annotation.rows import RowRefused
from workforce.models import User

CHUNK = 2000
Refuse = Callable[[int, RowRefused], None]
TAKEN = "The id {!r} is taken by other content; give this row another id."


@dataclass
class Writing:
    """One import under way: what it has made so far, and where refusals go (by index in the chunk)."""

    project: Project
    filename: str
    prompt_set: PromptSet | None
    refuse: Refuse
    created: Counter[str] = field(default_factory=Counter)
    unchanged: int = 0
    batch: int | None = None
    """Primary key of the batch that holds the file's judgments."""


def write_prompts(writing: Writing, rows: Sequence[PromptRow]) -> list[int]:
    """The primary key of every row's prompt, new or old."""
    digests = [prompt_digest(row.messages) for row in rows]
    known = dict(Prompt.objects.filter(project=writing.project, digest__in=set(digests)).values_list("digest", "pk"))
    new = {
        digest: Prompt(
            project=writing.project,
            digest=digest,
            messages=row.messages,
            external_id=row.external_id,
            source=row.source,
        )
        for digest, row in reversed(list(zip(digests, rows, strict=True)))
        if digest not in known
    }
    made = Prompt.objects.bulk_create(reversed(new.values()), batch_size=CHUNK)
    writing.created["prompts"] += len(made)
    known.update((prompt.digest, prompt.pk) for prompt in made)
    if writing.prompt_set is not None:
        PromptSet.prompts.through.objects.bulk_create(
            [
                PromptSet.prompts.through(promptset_id=writing.prompt_set.pk, prompt_id=pk)
                for pk in dict.fromkeys(known[digest] for digest in digests)
            ],
            ignore_conflicts=True,
            batch_size=CHUNK,
        )
    return [known[digest] for digest in digests]


def write_prompt_rows(writing: Writing, rows: Sequence[PromptRow]) -> None:
    """A file of prompts."""
    before = writing.created["prompts"]
    write_prompts(writing, rows)
    writing.unchanged += len(rows) - (writing.created["prompts"] - before)


def write_comparisons(writing: Writing, rows: Sequence[ComparisonRow]) -> None:
    """A file of prompts with responses to compare."""
    prompts = write_prompts(writing, [row.prompt for row in rows])
    responses = _write_responses(writing, prompts, rows)
    names = [row.prompt.external_id for row in rows]
    taken = _comparisons_named(writing.project, names)
    new: dict[str, tuple[Comparison, list[int]]] = {}
    for index, (name, row, prompt) in enumerate(zip(names, rows, prompts, strict=True)):
        members = responses[index]
        there = taken.get(name)
        if there is None:
            comparison = Comparison(
                project=writing.project, prompt_id=prompt, external_id=name, source=row.prompt.source
            )
            new[name] = (comparison, members)
            taken[name] = (prompt, members)
        elif there == (prompt, members):
            writing.unchanged += 1
        else:
            writing.refuse(index, RowRefused("id_taken", TAKEN.format(name)))
    made = Comparison.objects.bulk_create([comparison for comparison, _ in new.values()], batch_size=CHUNK)
    ComparisonResponse.objects.bulk_create(
        [
            ComparisonResponse(comparison=comparison, response_id=response, position=position)
            for comparison, (_, members) in zip(made, new.values(), strict=True)
            for position, response in enumerate(members)
        ],
        batch_size=CHUNK,
    )
    writing.created["comparisons"] += len(made)


def _comparisons_named(project: Project, names: Sequence[str]) -> dict[str, tuple[int, list[int]]]:
    found = Comparison.objects.filter(project=project, external_id__in=set(names)).prefetch_related("members")
    return {
        comparison.external_id: (comparison.prompt_id, [member.response_id for member in comparison.members.all()])
        for comparison in found
    }


def _write_responses(writing: Writing, prompts: Sequence[int], rows: Sequence[ComparisonRow]) -> list[list[int]]:
    keys = [
        [(prompt, response_digest(text=text, model_tag=tag)) for text, tag in row.responses]
        for prompt, row in zip(prompts, rows, strict=True)
    ]
    known = {
        (prompt, digest): pk
        for prompt, digest, pk in Response.objects.filter(prompt__in=set(prompts)).values_list("prompt", "digest", "pk")
    }
    new: dict[tuple[int, str], Response] = {}
    for row, row_keys in zip(rows, keys, strict=True):
        for (prompt, digest), (text, tag) in zip(row_keys, row.responses, strict=True):
            if (prompt, digest) not in known and (prompt, digest) not in new:
                new[prompt, digest] = Response(
                    prompt_id=prompt, digest=digest, text=text, model_tag=tag, identity_leak=names_its_model(text)
                )
    made = Response.objects.bulk_create(new.values(), batch_size=CHUNK)
    writing.created["responses"] += len(made)
    writing.created["identity_leaks"] += sum(response.identity_leak for response in made)
    known.update(((response.prompt_id, response.digest), response.pk) for response in made)
    return [[known[key] for key in row_keys] for row_keys in keys]


def write_demonstrations(writing: Writing, rows: Sequence[DemonstrationRow]) -> None:
    """A file of prompts with a person's own answer. Its uid follows from project and id."""
    prompts = write_prompts(writing, [row.prompt for row in rows])
    authors = write_people(writing, {row.author for row in rows if row.author})
    names = [row.prompt.external_id for row in rows]
    taken: dict[str, tuple[int, str]] = {
        name: (prompt, digest)
        for name, prompt, digest in Demonstration.objects.filter(
            project=writing.project, external_id__in=set(names)
        ).values_list("external_id", "prompt", "digest")
    }
    new = []
    for index, (name, row, prompt) in enumerate(zip(names, rows, prompts, strict=True)):
        content = (prompt, text_digest(row.text))
        if taken.get(name) == content:
            writing.unchanged += 1
        elif name in taken:
            writing.refuse(index, RowRefused("id_taken", TAKEN.format(name)))
        else:
            taken[name] = content
            new.append(
                Demonstration(
                    uid=imported_uid(writing.project, "demonstration", name),
                    project=writing.project,
                    prompt_id=prompt,
                    text=row.text,
                    digest=content[1],
                    author_id=authors.get(row.author),
                    source=Judgment.Source.IMPORTED,
                    external_id=name,
                )
            )
    Demonstration.objects.bulk_create(new, batch_size=CHUNK)
    writing.created["demonstrations"] += len(new)


def write_people(writing: Writing, names: set[str]) -> dict[str, int]:
    """Inactive users for people known only by name in a file: name → primary key."""
    usernames = {f"import:{writing.project.slug}:{name}": name for name in sorted(names)}
    found = User.objects.filter(username__in=usernames).values_list("username", "pk")
    known = {usernames[username]: pk for username, pk in found}
    made = User.objects.bulk_create(
        [
            User(username=username, display_name=name, is_active=False, password=make_password(None))
            for username, name in usernames.items()
            if name not in known
        ],
        batch_size=CHUNK,
    )
    writing.created["people"] += len(made)
    return known | {usernames[user.username]: user.pk for user in made}


def imported_uid(project: Project, *parts: str) -> uuid.UUID:
    """The uid of an imported row: the same in every database into which the same row is imported."""
    return uuid.uuid5(uuid.NAMESPACE_URL, "\x1f".join(("assay", project.slug, *parts)))
