"""Every digest between the judgments and a model is recomputed, and tampering with any of them shows."""

import pytest
from django.db import connection

from annotation.freezing import set_path
from training import executing
from training.launching import launch_run
from training.lineage import verify_lineage
from training.models import ModelVersion
from training.places import model_folder

pytestmark = pytest.mark.django_db


@pytest.fixture
def trained(project, ada, tiny, judged) -> ModelVersion:
    run = launch_run(
        project=project, kind="reward", actor=ada, preset="smoke", base=tiny, preference_set=judged,
        config={"epochs": 1, "threads": 1},
    )  # fmt: skip
    executing.execute(run_pk=run.pk)
    run.refresh_from_db()
    assert run.state == "succeeded", run.error_message
    return run.produced_model


def _broken(model: ModelVersion) -> list[str]:
    lineage = verify_lineage(model=model)
    assert lineage.verified is not any(not link.ok for link in lineage.links)
    return [link.label for link in lineage.links if not link.ok]


def test_the_chain_verifies_and_every_tampering_breaks_it_where_it_was_done(trained, judged, tiny) -> None:
    lineage = verify_lineage(model=trained)
    assert lineage.verified and (lineage.judgments, lineage.set_sha256) == (16, judged.sha256)
    assert lineage.model_sha256 == trained.digest
    labels = [link.label for link in lineage.links]
    assert labels.index(str(judged)) < labels.index("tiny-policy") < labels.index(trained.name)

    weights = model_folder(trained) / "reward.json"
    original = weights.read_bytes()
    weights.write_bytes(original.replace(b"0", b"1", 1) + b" ")
    assert _broken(trained) == [trained.name]
    weights.write_bytes(original)

    base = model_folder(tiny) / "config.json"
    original = base.read_bytes()
    base.write_bytes(original + b" ")
    assert "tiny-policy" in _broken(trained)
    base.write_bytes(original)

    path = set_path(frozen_set=judged)
    original = path.read_bytes()
    path.chmod(0o644)
    path.write_bytes(original.replace(b'"ties":0', b'"ties":1', 1))
    assert str(judged) in _broken(trained)
    path.write_bytes(original)

    ModelVersion.objects.filter(pk=trained.pk).update(digest="0" * 64)
    trained.refresh_from_db()
    assert _broken(trained) == [trained.name]


def test_a_row_changed_behind_the_databases_back_breaks_the_chain(trained, judged) -> None:
    _past_the_trigger("UPDATE annotation_preferencepair SET wins_first = wins_first + 1", judged)
    assert str(judged) in _broken(trained)


def _past_the_trigger(statement: str, judged) -> None:
    """Run a statement that our triggers refuse, as somebody with the database's password could."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("DROP TRIGGER preference_pairs_are_never_changed")
        else:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")  # no ALTER TABLE while checks of this one are pending
            cursor.execute("ALTER TABLE annotation_preferencepair DISABLE TRIGGER USER")
        cursor.execute(f"{statement} WHERE preference_set_id = %s", [judged.pk])
