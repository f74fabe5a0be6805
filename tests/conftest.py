"""What every test shares: the cast, real databases, folders of its own."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.db.backends.sqlite3.base import DatabaseWrapper
from django.utils import translation
from hypothesis import settings as properties

# How long an example takes says how busy the machine is. Speed is what the benchmarks measure.
properties.register_profile("without a clock", deadline=None)
properties.load_profile("without a clock")

REAL_DATA = settings.BASE_DIR.parent / "shared" / "data"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = pytest.mark.skip(reason="the human labels (../shared/data) are not beside this checkout")
    for item in items:
        if "real_data" in item.keywords and not REAL_DATA.exists():
            item.add_marker(missing)


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """SQLite tests use a file: threads share a database in memory by table locks that wait for nobody."""
    if connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")


@pytest.fixture(scope="session", autouse=True)
def _flush_past_the_triggers() -> Iterator[None]:
    """Between transactional tests Django empties SQLite's tables with DELETE, which our own triggers refuse.

    They are taken off for the flush and put back by it. On PostgreSQL the flush is a TRUNCATE.
    """
    operations = DatabaseWrapper.ops_class
    original = operations.sql_flush

    def sql_flush(self, style, tables, **options):  # type: ignore[no-untyped-def]
        with self.connection.cursor() as cursor:
            cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
            triggers = cursor.fetchall()
        statements = original(self, style, tables, **options)
        return [f"DROP TRIGGER {name}" for name, _ in triggers] + statements + [sql for _, sql in triggers]

    operations.sql_flush = sql_flush  # type: ignore[method-assign]
    yield
    operations.sql_flush = original  # type: ignore[method-assign]


@pytest.fixture(autouse=True)
def _own_folders(settings, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    """Sets, runs and models of a test go to its own folder."""
    settings.VAR_DIR = tmp_path
    settings.SETS_DIR = tmp_path / "sets"
    settings.RUNS_DIR = tmp_path / "runs"
    settings.MODELS_DIR = tmp_path / "models"


@pytest.fixture(autouse=True)
def _files_are_found_when_asked_for(settings) -> None:  # type: ignore[no-untyped-def]  # pytest-django names no type for it
    """Otherwise every test client reads the whole folder of static files when it makes its middleware."""
    settings.WHITENOISE_AUTOREFRESH = True


@pytest.fixture(autouse=True)
def _in_english() -> None:
    """A request leaves its language in the thread: the next test begins in English."""
    translation.activate("en")


@pytest.fixture
def vendor() -> str:
    """sqlite or postgresql."""
    return connection.vendor


from tests.clock import *  # noqa: E402, F403  (a clock that the test moves)
from tests.people import *  # noqa: E402, F403  (fixtures of the cast)
