"""The demo project is seeded whole or not at all, so that a broken-off start is repaired by the next."""

from pathlib import Path

import pytest

from annotation.models import Project
from demo import seeding

pytestmark = pytest.mark.django_db


def test_a_seeding_that_breaks_off_leaves_nothing_and_can_be_repeated(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with monkeypatch.context() as patch:
        patch.setattr(seeding, "CONTENT", tmp_path / "not there")
        with pytest.raises(FileNotFoundError):
            seeding.seed_demo()
    assert not Project.objects.exists()
    assert seeding.seed_demo().project.batches.filter(state="open").count() == 6
