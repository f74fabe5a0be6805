"""Snippets for tests.faults.platform: a project with a tiny model and runs on it; a floor of raters with batches."""

PROJECT = """
from pathlib import Path
from django.conf import settings
from annotation.canonical import prompt_digest, text_digest
from annotation.freezing import freeze_demonstration_set
from annotation.models import Demonstration, Project, Prompt
from training import executing
from training.dispatching import send
from training.launching import launch_run, request_stop, resume_run
from training.models import ModelVersion, RunMetric, TrainingRun
from training.places import model_folder
from training.promoting import register_model
from workforce import people

team = people.create_team(slug="faults", name="Faults", actor=None)
ada = people.add_member(team=team, username="ada", role="admin", actor=None)
project = Project.objects.create(slug="faults", name="Faults", team=team)
for n in range(24):
    messages = [{"role": "user", "content": f"Write a short story about the number {n}."}]
    prompt = Prompt.objects.create(project=project, digest=prompt_digest(messages), messages=messages)
    text = f"Once there was the number {n}. It was one less than {n + 1}, and it was happy."
    Demonstration.objects.create(project=project, prompt=prompt, text=text, digest=text_digest(text))
frozen = freeze_demonstration_set(project=project, name="Stories", actor=ada)
tiny = register_model(project=project, name="tiny", kind="policy", folder=settings.MODELS_DIR / "tiny", actor=ada)

def launch(**config):
    config = {"steps": 12, "checkpoint_every": 2, "threads": 1, **config}
    run = launch_run(project=project, kind="sft", actor=ada, preset="smoke", config=config, base=tiny,
                     demonstration_set=frozen)
    return run.pk

def row(pk):
    return TrainingRun.objects.get(pk=pk)

def progress(pk):
    run = row(pk)
    return run.state == "running" and (run.last_checkpoint or 0)

def reconciled(pk, state):
    executing.reconcile()
    return row(pk).state == state

def weights(pk):
    return row(pk).produced_model.digest

def epochs(pk):
    return [[m.step, m.epoch] for m in RunMetric.objects.filter(run=pk)]
"""

FLOOR = """
import json
from annotation import batching, importing
from annotation.models import Comparison
from demo import seeding
from workforce import people
from workforce.auditing import verify_chain

def open_floor(raters, batches, items, overlap):
    place = seeding.seed_project(slug="faults", name="Faults", raters={name: name for name in raters})
    lines = [
        json.dumps({
            "id": str(n),
            "prompt": f"Question {n}: what would help here?",
            "responses": [{"model": f"m{side}", "text": f"Answer {side} to question {n}."} for side in range(2)],
            "source": "faults",
        }).encode() + b"\\n"
        for n in range(items)
    ]
    importing.import_file(
        project=place.project, kind="comparisons", filename="faults.jsonl", lines=lines, actor=place.lead
    )
    opened = [
        batching.open_batch(
            project=place.project, name=f"Batch {n}", kind="pairwise", rubric_version=place.rubric_version,
            overlap=overlap, actor=place.lead,
            items=batching.items_from_comparisons(comparisons=Comparison.objects.all(), kind="pairwise"),
        ).pk
        for n in range(batches)
    ]
    return opened, [people.issue_login_link(user=rater) for rater in place.raters]
"""
