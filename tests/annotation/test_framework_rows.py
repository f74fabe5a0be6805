"""Frozen sets and prompt sets as other frameworks read them: the documented columns, winners only, chat messages."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from annotation.assigning import claim_next
from annotation.errors import NoSuchExport
from annotation.exporting import export_prompt_rows, export_rows
from annotation.framework_rows import FORMATS, preference_rows
from annotation.freezing import freeze_preference_set
from annotation.models import DemonstrationSet, PreferenceSet, Project, PromptSet
from rubrics.models import RubricVersion
from tests.annotation.makers import answer, make_batch, make_prompt, shown_value
from tests.training.conftest import demonstrations, prompts  # noqa: F401 (fixtures)
from workforce.models import User


@pytest.fixture
def decided(project: Project, lena: User, rubric_version: RubricVersion, rafi: User) -> PreferenceSet:
    """Eight pairs whose second answer was preferred."""
    batch = make_batch(project, lena, rubric_version, tasks=8, overlap=1)
    while (held := claim_next(batch=batch, rater=rafi)) is not None:
        answer(held, value=shown_value(held, 2))
    return freeze_preference_set(project=project, name="Decided", batches=[batch], actor=lena)


GROUP = {
    "group": "g",
    "messages": [{"role": "user", "content": "Why?"}],
    "responses": [{"id": "1", "text": "A"}, {"id": "2", "text": "B"}, {"id": "3", "text": "C"}],
    "pairs": [
        {"i": 0, "j": 1, "wins_i": 2, "ties": 0, "wins_j": 1, "strength": -3},
        {"i": 0, "j": 2, "wins_i": 0, "ties": 1, "wins_j": 3, "strength": 6},
        {"i": 1, "j": 2, "wins_i": 1, "ties": 1, "wins_j": 0, "strength": -1},
        {"i": 1, "j": 2, "wins_i": 2, "ties": 0, "wins_j": 2, "strength": 0},
    ],
}


def test_a_pair_is_chosen_over_rejected_with_its_mean_strength_and_ties_stay_out() -> None:
    rows = list(preference_rows(GROUP, "trl"))
    assert [(row["chosen"][0]["content"], row["rejected"][0]["content"], row["margin"]) for row in rows] == [
        ("A", "B", 1.0),
        ("C", "A", 1.5),
    ]


def is_chat(value: object, *roles: str) -> bool:
    """A list of messages with role and content as text, of these roles at its end."""
    assert isinstance(value, list) and value
    assert all(set(message) == {"role", "content"} for message in value)
    assert all(isinstance(message["content"], str) for message in value)
    return tuple(message["role"] for message in value)[-len(roles) :] == roles


@pytest.mark.parametrize("framework", FORMATS["preference"][0])
def test_preferences_have_the_columns_of_both(decided: PreferenceSet, framework: str) -> None:
    rows = [
        json.loads(line)
        for split in ("train", "validation", "test")
        for line in export_rows(frozen_set=decided, framework=framework, split=split)
    ]
    assert len(rows) == decided.pairs.count() == 8
    for row in rows:
        assert list(row) == ["chosen", "id", "margin", "prompt", "rejected"]
        assert is_chat(row["prompt"], "user") and is_chat(row["chosen"], "assistant")
        assert is_chat(row["rejected"], "assistant") and row["margin"] >= 0


def test_demonstrations_have_the_columns_of_each(demonstrations: DemonstrationSet) -> None:  # noqa: F811 (the fixture)
    def first(framework: str) -> dict[str, object]:
        return json.loads(next(export_rows(frozen_set=demonstrations, framework=framework, split="train")))

    assert set(first("trl")) == {"prompt", "completion"} and is_chat(first("trl")["completion"], "assistant")
    assert set(first("openrlhf")) == {"input", "output"} and is_chat(first("openrlhf")["output"], "assistant")
    assert set(first("verl")) == {"messages"} and is_chat(first("verl")["messages"], "user", "assistant")


def test_prompts_have_the_columns_of_each(prompts: PromptSet) -> None:  # noqa: F811 (the fixture)
    rows = {
        name: [json.loads(line) for line in export_prompt_rows(prompt_set=prompts, framework=name)]
        for name in ("trl", "openrlhf", "verl")
    }
    assert all(len(found) == 8 for found in rows.values())
    assert all(set(row) == {"prompt"} and is_chat(row["prompt"], "user") for row in rows["trl"])
    assert all(set(row) == {"input"} and is_chat(row["input"], "user") for row in rows["openrlhf"])
    for index, row in enumerate(rows["verl"]):
        assert set(row) == {"data_source", "prompt", "ability", "reward_model", "extra_info"}
        assert row["reward_model"] == {"style": "model", "ground_truth": ""} and row["extra_info"]["index"] == index


def test_what_nobody_reads_is_refused(decided: PreferenceSet, project: Project) -> None:
    for framework, split in (("verl", "train"), ("trl", "all")):
        with pytest.raises(NoSuchExport):
            export_rows(frozen_set=decided, framework=framework, split=split)
    with pytest.raises(NoSuchExport):
        export_prompt_rows(prompt_set=PromptSet.objects.create(project=project, name="x"), framework="x")


def test_leads_download_them_from_the_pages_and_the_api(
    client: Client,
    lena: User,
    project: Project,
    decided: PreferenceSet,
) -> None:
    client.force_login(lena)
    url = reverse("preference-set-rows", args=[project.slug, decided.number])
    assert url in client.get(reverse("preference-set", args=[project.slug, decided.number])).content.decode()
    given = {"for": "openrlhf", "split": "train"}
    lines = b"".join(client.get(url, given).streaming_content)  # type: ignore[attr-defined]  # it streams
    assert b'"chosen"' in lines
    api = client.get(reverse("api-preference-set-lines", args=[decided.pk]), given)
    assert b"".join(api.streaming_content) == lines  # type: ignore[attr-defined]  # it streams
    assert client.get(url, {"for": "verl"}).status_code == 404
    chosen = PromptSet.objects.create(project=project, name="few")
    chosen.prompts.add(make_prompt(project, "Why?"))
    page = client.get(reverse("prompts", args=[project.slug]), {"set": chosen.pk}).content.decode()
    assert reverse("prompt-set-rows", args=[project.slug, chosen.pk]) in page
    api = client.get(reverse("api-prompt-set-lines", args=[chosen.pk]), {"for": "trl"})
    assert b"Why?" in b"".join(api.streaming_content)  # type: ignore[attr-defined]  # it streams
