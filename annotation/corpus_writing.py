"""Writing imported prompts, comparisons and demonstrations, a chunk at a time, each content once.

Runs inside the import's transaction. A row whose id is taken by other content is refused; a row that is
there already is counted as unchanged.
"""

import uuid
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from annotation.alike import alike
from annotation.bulk import insert_rows, reserve_keys
from annotation.canonical import prompt_digest, response_digest, text_digest
from annotation.identity import names_its_model
from annotation.models import (
    Batch,
    Comparison,
    ComparisonResponse,
    Demonstration,
    Judgment,
    Project,
    Prompt,
    PromptSet,
    Response,
)
from annotation.row_shapes import CalibrationRow, ComparisonRow, DemonstrationRow, PromptRow
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
    now: datetime = field(default_factory=timezone.now)
    batch: int | None = None
    """Primary key of the batch that holds the file's judgments."""
    uncounted: Batch | None = None
    """The batch that was made for new judgments; their agreement is counted once all of them are written."""


def write_prompts(writing: Writing, rows: Sequence[PromptRow]) -> list[int]:
    """The primary key of every row's prompt, new or old."""
    digests = [prompt_digest(row.messages) for row in rows]
    known = dict(Prompt.objects.filter(project=writing.project, digest__in=set(digests)).values_list("digest", "pk"))
    new = {digest: row for digest, row in zip(reversed(digests), reversed(rows), strict=True) if digest not in known}
    keys = reserve_keys(Prompt, len(new))
    insert_rows(
        Prompt,
        ("id", "project_id", "digest", "messages", "external_id", "source", "domain", "language", "created_at"),
        [
            (
                key,
                writing.project.pk,
                digest,
                row.messages,
                row.external_id,
                row.source,
                row.domain or None,
                row.language or None,
                writing.now,
            )
            for key, (digest, row) in zip(keys, reversed(new.items()), strict=True)
        ],
    )
    writing.created["prompts"] += len(new)
    known.update(zip(reversed(new), keys, strict=True))
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
    new: list[tuple[str, int, str, bool, list[int]]] = []
    for index, (name, row, prompt) in enumerate(zip(names, rows, prompts, strict=True)):
        members = responses[index]
        there = taken.setdefault(name, (prompt, members))
        if there[1] is members:
            new.append((name, prompt, row.prompt.source, _is_alike(row), members))
        elif there == (prompt, members):
            writing.unchanged += 1
        else:
            writing.refuse(index, RowRefused("id_taken", TAKEN.format(name)))
    keys = reserve_keys(Comparison, len(new))
    insert_rows(
        Comparison,
        ("id", "project_id", "prompt_id", "external_id", "source", "alike", "created_at"),
        [
            (key, writing.project.pk, prompt, name, source, same, writing.now)
            for key, (name, prompt, source, same, _) in zip(keys, new, strict=True)
        ],
    )
    places = [
        (key, response, position)
        for key, (*_, members) in zip(keys, new, strict=True)
        for position, response in enumerate(members)
    ]
    insert_rows(ComparisonResponse, ("comparison_id", "response_id", "position"), places)
    writing.created["comparisons"] += len(new)
    writing.created["alike_pairs"] += sum(same for _, _, _, same, _ in new)


def _is_alike(row: ComparisonRow) -> bool:
    return len(row.responses) == 2 and alike(row.responses[0][0], row.responses[1][0])


def write_calibration(writing: Writing, rows: Sequence[CalibrationRow]) -> None:
    """A file of comparisons with the panel's answers. A comparison that is there already is given its panel once."""
    names = [row.comparison.prompt.external_id for row in rows]
    found = Comparison.objects.filter(project=writing.project, external_id__in=set(names))
    panels = dict(found.values_list("external_id", "panel"))
    write_comparisons(writing, [row.comparison for row in rows])
    fresh: dict[str, dict[str, Any]] = {}
    for index, (name, row) in enumerate(zip(names, rows, strict=True)):
        panel = panels.setdefault(name, row.panel)
        if panel is row.panel:
            fresh[name] = row.panel
        elif panel is None:
            panels[name] = fresh[name] = row.panel
            writing.unchanged -= 1
        elif panel != row.panel:
            writing.refuse(index, RowRefused("id_taken", TAKEN.format(name)))
    changed = list(Comparison.objects.filter(project=writing.project, external_id__in=fresh))
    for comparison in changed:
        comparison.panel = fresh[comparison.external_id]
    Comparison.objects.bulk_update(changed, ["panel"], batch_size=CHUNK)
    writing.created["panel_answers"] += len(changed)


def _comparisons_named(project: Project, names: Sequence[str]) -> dict[str, tuple[int, list[int]]]:
    found = Comparison.objects.filter(project=project, external_id__in=set(names)).prefetch_related("members")
    return {
        comparison.external_id: (comparison.prompt_id, [member.response_id for member in comparison.members.all()])
        for comparison in found
    }


def _write_responses(writing: Writing, prompts: Sequence[int], rows: Sequence[ComparisonRow]) -> list[list[int]]:
    wanted = [
        [(prompt, response_digest(text=text, model_tag=tag)) for text, tag in row.responses]
        for prompt, row in zip(prompts, rows, strict=True)
    ]
    known = {
        (prompt, digest): pk
        for prompt, digest, pk in Response.objects.filter(prompt__in=set(prompts)).values_list("prompt", "digest", "pk")
    }
    new: dict[tuple[int, str], tuple[str, str, bool]] = {}
    for row, row_keys in zip(rows, wanted, strict=True):
        for key, (text, tag) in zip(row_keys, row.responses, strict=True):
            if key not in known and key not in new:
                new[key] = (text, tag, names_its_model(text))
    keys = reserve_keys(Response, len(new))
    insert_rows(
        Response,
        ("id", "prompt_id", "digest", "text", "model_tag", "identity_leak", "created_at"),
        [
            (key, prompt, digest, text, tag, leak, writing.now)
            for key, ((prompt, digest), (text, tag, leak)) in zip(keys, new.items(), strict=True)
        ],
    )
    writing.created["responses"] += len(new)
    writing.created["identity_leaks"] += sum(leak for _, _, leak in new.values())
    known.update(zip(new, keys, strict=True))
    return [[known[key] for key in row_keys] for row_keys in wanted]


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
