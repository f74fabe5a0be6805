"""The first people, rubric and project of an empty installation, made with the same verbs as everybody uses."""

import json
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction

from annotation import batching, importing
from annotation.batch_options import BatchOptions
from annotation.models import Batch, Comparison, Project, Prompt
from annotation.skills import skill_named
from demo.rows import CONTENT, RATERS, read_jsonl, simulated_rows
from rubrics import versions
from rubrics.content import CriterionContent
from rubrics.models import Rubric, RubricVersion
from training import promoting
from training.models import ModelVersion
from workforce import people
from workforce.models import Role, Team, User

GUIDANCE = """Prefer the answer you would send to the person who asked.

1. **Right first.** An answer that misleads loses, however well it reads.
2. **Then complete.** What the person needs, without what they do not.
3. Length is no merit. Filler is a fault.
"""
CRITERIA: list[CriterionContent] = [
    {
        "slug": "correctness",
        "name": "Correctness",
        "question": "Would acting on this answer go right?",
        "points": [
            {
                "value": 1,
                "anchor": "Misleads",
                "description": "The main claim is wrong, or acting on it would do harm.",
                "example": "",
            },
            {"value": 2, "anchor": "Wrong", "description": "An important part is wrong.", "example": ""},
            {
                "value": 3,
                "anchor": "One slip",
                "description": "Right overall; one minor error that does not mislead.",
                "example": "",
            },
            {"value": 4, "anchor": "Right", "description": "Everything checked is right.", "example": ""},
            {
                "value": 5,
                "anchor": "Airtight",
                "description": "Right, and it says where it stops being right.",
                "example": "",
            },
        ],
    },
    {
        "slug": "completeness",
        "name": "Completeness",
        "question": "Does it give what the person needs, and no more?",
        "points": [
            {"value": 1, "anchor": "Misses it", "description": "The question is not answered.", "example": ""},
            {
                "value": 2,
                "anchor": "Partial",
                "description": "A part is answered; the person must ask again.",
                "example": "",
            },
            {
                "value": 3,
                "anchor": "Main point",
                "description": "The main point is there, useful detail is missing.",
                "example": "",
            },
            {"value": 4, "anchor": "Covers it", "description": "Everything needed is there.", "example": ""},
            {
                "value": 5,
                "anchor": "Thorough",
                "description": "Everything needed, in the best order, without filler.",
                "example": "",
            },
        ],
    },
]


@dataclass(frozen=True)
class Place:
    """A project with its people, ready to work in."""

    project: Project
    admin: User
    lead: User
    raters: list[User]
    rubric_version: RubricVersion


@transaction.atomic
def seed_project(*, slug: str, name: str, raters: dict[str, str]) -> Place:
    """A project with an admin, a lead, raters and a published rubric. `raters`: username → display name."""
    team = people.create_team(slug=slug, name=name, actor=None)
    admin = _member(team, "ada", "Ada Moreau", Role.ADMIN)
    lead = _member(team, "lena", "Lena Brandt", Role.LEAD)
    members = [_member(team, username, shown, Role.RATER) for username, shown in raters.items()]
    rubric: Rubric = versions.create_rubric(team=team, slug="helpful", name="Helpful", actor=lead)
    draft = rubric.versions.get(state=RubricVersion.State.DRAFT)
    versions.edit_draft(version=draft, guidance=GUIDANCE, criteria=CRITERIA, actor=lead)
    version = versions.publish_version(version=draft, change=RubricVersion.Change.FIRST, actor=lead)
    project = Project.objects.create(slug=slug, name=name, team=team, rubric=rubric)
    return Place(project=project, admin=admin, lead=lead, raters=members, rubric_version=version)


def find_place(*, slug: str) -> Place | None:
    """The seeded project of this name, if it is there."""
    project = Project.objects.filter(slug=slug).first()
    if project is None or project.rubric is None:
        return None
    with_role = {
        role: list(User.objects.filter(memberships__team=project.team, memberships__role=role).order_by("id"))
        for role in Role
    }
    version = project.rubric.versions.filter(state=RubricVersion.State.PUBLISHED).order_by("-number")[0]
    return Place(project, with_role[Role.ADMIN][0], with_role[Role.LEAD][0], with_role[Role.RATER], version)


@transaction.atomic
def seed_demo() -> Place:
    """The demo project with open batches of every kind, judged history and demonstrations; made once."""
    found = find_place(slug="demo")
    if found is not None:
        return found
    place = seed_project(slug="demo", name="Helpful demo", raters={"rosa": "Rosa Imbert", "rafi": "Rafi Sole"})
    rows = simulated_rows()
    showpieces = [
        {**row, "responses": [{"text": text} for text in row["responses"]], "source": "showpieces"}
        for row in read_jsonl(CONTENT / "showpieces.jsonl")
    ]
    _import(place, "comparisons", "showpieces.jsonl", showpieces)
    _import(place, "comparisons", "demo-comparisons.jsonl", rows.comparisons)
    _import(
        place, "comparisons", "demo-history.jsonl", [{**row, "source": "history"} for row in rows.history_comparisons]
    )
    _import(place, "judgments", "demo-judgments.jsonl", rows.history_judgments)
    _import(place, "comparisons", "demo-rankings.jsonl", rows.ranking_comparisons)
    _import(place, "demonstrations", "demo-demonstrations.jsonl", rows.demonstrations)
    _import(place, "prompts", "demo-prompts.jsonl", rows.prompts, prompt_set="Everyday questions")
    for kind, name, source, overlap in (
        (Batch.Kind.PAIRWISE, "Everyday questions, pairs", ["showpieces", "demo"], 2),
        (Batch.Kind.RANKING, "Everyday questions, four answers", ["demo-rankings"], 2),
    ):
        chosen = Comparison.objects.filter(project=place.project, source__in=source).order_by("id")
        _open(place, kind, name, batching.items_from_comparisons(comparisons=chosen, kind=kind), overlap)
    prompts = Prompt.objects.filter(project=place.project, sets__name="Everyday questions").order_by("id")[:12]
    _open(place, Batch.Kind.DEMONSTRATION, "Write the ideal answer", batching.items_from_prompts(prompts=prompts), 1)
    _open_with_criteria(place)
    _open_practice(place)
    return place


def _open_with_criteria(place: Place) -> None:
    """What else a batch can ask: criteria before the verdict, and criteria alone."""
    pairs = Comparison.objects.filter(project=place.project, source="showpieces").order_by("id")
    options = BatchOptions(with_criteria=True, improving=True)
    items = batching.items_from_comparisons(comparisons=pairs, kind=Batch.Kind.PAIRWISE)
    _open(place, Batch.Kind.PAIRWISE, "Criteria, then the verdict", items, 2, options)
    rated = Comparison.objects.filter(project=place.project, source="demo-rankings").order_by("id")[:8]
    items = batching.items_from_comparisons(comparisons=rated, kind=Batch.Kind.RATING)
    _open(place, Batch.Kind.RATING, "Rate each answer by the criteria", items, 1)


def _open_practice(place: Place) -> None:
    """A short calibration round whose items have the panel's answers."""
    rows = list(read_jsonl(CONTENT / "practice.jsonl"))
    _import(place, "calibration", "practice.jsonl", rows)
    practice = Comparison.objects.filter(project=place.project, source="practice").order_by("id")
    skill = skill_named(team=place.project.team, name="Practised with the rubric", actor=place.lead)
    options = BatchOptions(mode=Batch.Mode.CALIBRATION, grants=skill, pass_at=3)
    items = batching.items_from_comparisons(comparisons=practice, kind=Batch.Kind.PAIRWISE)
    _open(place, Batch.Kind.PAIRWISE, "Practice round", items, 100, options)


def register_base_model(*, place: Place, folder: Path, name: str) -> ModelVersion:
    """The base model of the project, registered once."""
    found = ModelVersion.objects.filter(project=place.project, name=name).first()
    return found or promoting.register_model(
        project=place.project, name=name, kind=ModelVersion.Kind.POLICY, folder=folder, actor=place.admin, card={}
    )


def loop_raters() -> dict[str, str]:
    """Usernames and names of the three people whose recorded answers the loop replays."""
    return {rater: f"Annotator {n}" for n, rater in enumerate(RATERS, start=1)}


def _member(team: Team, username: str, shown: str, role: Role) -> User:
    return people.add_member(team=team, username=username, display_name=shown, role=role, actor=None)


def _import(place: Place, kind: str, filename: str, rows: list[dict[str, object]], prompt_set: str = "") -> None:
    lines = (json.dumps(row, ensure_ascii=False).encode() + b"\n" for row in rows)
    report = importing.import_file(
        project=place.project,
        kind=kind,
        filename=filename,
        lines=lines,
        actor=place.lead,
        prompt_set_name=prompt_set,
    )
    if report.error_count:
        raise ValueError(f"{filename}: {report.errors[:3]}")


def _open(
    place: Place,
    kind: str,
    name: str,
    items: list[batching.Item],
    overlap: int,
    options: BatchOptions | None = None,
) -> Batch:
    return batching.open_batch(
        project=place.project,
        name=name,
        kind=kind,
        rubric_version=place.rubric_version,
        overlap=overlap,
        items=items,
        actor=place.lead,
        options=options or BatchOptions(),
    )
