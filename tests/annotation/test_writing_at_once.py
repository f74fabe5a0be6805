"""Several writers of one project at once, and raters who go on meanwhile."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction

from annotation.importing import import_file
from annotation.models import Demonstration, Prompt
from annotation.numbering import lock_project
from tests.annotation.makers import make_prompt, sha

pytestmark = pytest.mark.django_db(transaction=True)
FILES, ROWS = 4, 300


def test_one_file_imported_four_times_at_once_is_there_once(project, lena):
    lines = [json.dumps({"prompt": f"Question {n}?"}).encode() + b"\n" for n in range(ROWS)]
    start = threading.Barrier(FILES)

    def load(n: int) -> str:
        try:
            start.wait(timeout=30)
            report = import_file(project=project, kind="prompts", filename=f"{n}.jsonl", lines=lines, actor=lena)
            return report.state
        finally:
            connection.close()

    with ThreadPoolExecutor(FILES) as pool:
        assert list(pool.map(load, range(FILES))) == ["accepted"] * FILES
    assert Prompt.objects.count() == ROWS


@pytest.mark.skipif(
    connection.vendor == "sqlite", reason="SQLite lets one transaction write at a time, whatever we lock"
)
def test_a_writer_of_the_project_holds_up_no_rater(project, rafi):
    prompt, written = make_prompt(project, "Why?"), threading.Event()

    def write() -> None:
        try:
            Demonstration.objects.create(project=project, prompt=prompt, text="So.", digest=sha("So."), author=rafi)
            written.set()
        finally:
            connection.close()

    with transaction.atomic():
        lock_project(project=project)
        thread = threading.Thread(target=write)
        thread.start()
        assert written.wait(timeout=4)
    thread.join()
