"""What the training tests share: a tiny policy, a tiny reward model, a demonstration set, prompts."""

import shutil
from pathlib import Path

import pytest

from annotation.assigning import claim_next
from annotation.canonical import prompt_digest, text_digest
from annotation.freezing import freeze_demonstration_set, freeze_preference_set
from annotation.models import Demonstration, DemonstrationSet, PreferenceSet, Project, Prompt, PromptSet
from rubrics.models import RubricVersion
from tests.annotation.makers import answer, make_batch
from training.models import ModelVersion
from training.promoting import register_model
from workforce.models import User

QUESTIONS = ["the capital of France", "a map", "the river", "music", "the weather", "sorting", "water", "books"]


def _registered(settings, project: Project, ada: User, folder: Path, kind: str) -> ModelVersion:  # type: ignore[no-untyped-def]
    place = settings.MODELS_DIR / f"tiny-{kind}"
    shutil.copytree(folder, place)
    return register_model(project=project, name=f"tiny-{kind}", kind=kind, folder=place, actor=ada)


@pytest.fixture
def tiny(settings, project: Project, ada: User, tiny_folders: dict[str, Path]) -> ModelVersion:  # type: ignore[no-untyped-def]
    return _registered(settings, project, ada, tiny_folders["policy"], ModelVersion.Kind.POLICY)


@pytest.fixture
def tiny_reward(settings, project: Project, ada: User, tiny_folders: dict[str, Path]) -> ModelVersion:  # type: ignore[no-untyped-def]
    return _registered(settings, project, ada, tiny_folders["reward"], ModelVersion.Kind.REWARD)


def make_prompts(project: Project) -> list[Prompt]:
    asked = [[{"role": "user", "content": f"Tell me about {words}."}] for words in QUESTIONS]
    return [
        Prompt.objects.create(project=project, digest=prompt_digest(messages), messages=messages) for messages in asked
    ]


@pytest.fixture
def prompts(project: Project) -> PromptSet:
    chosen = PromptSet.objects.create(project=project, name="Questions")
    chosen.prompts.set(make_prompts(project))
    return chosen


@pytest.fixture
def demonstrations(project: Project, lena: User, prompts: PromptSet) -> DemonstrationSet:
    for prompt in prompts.prompts.all():
        text = f"Here is something about {prompt.messages[0]['content'][14:-1]}, in short."
        Demonstration.objects.create(
            project=project, prompt=prompt, text=text, digest=text_digest(text), external_id=prompt.digest[:8]
        )
    return freeze_demonstration_set(project=project, name="First", actor=lena)


@pytest.fixture
def judged(project: Project, lena: User, rubric_version: RubricVersion, rafi: User, rosa: User) -> PreferenceSet:
    """A preference set of eight tasks that two raters judged."""
    batch = make_batch(project, lena, rubric_version, tasks=8, overlap=2)
    for rater in (rafi, rosa):
        while (assignment := claim_next(batch=batch, rater=rater)) is not None:
            answer(assignment, value=2)
    return freeze_preference_set(project=project, name="Judged", batches=[batch], actor=lena)


from tests.tiny import *  # noqa: E402, F403  (fixtures of the models)
