"""A pytest plugin that takes one guard of the queue away: `-p tests.faults.queue.mutants` with QUEUE_MUTANT=name.

Each mutant is a constraint that is dropped from the test's database, or a lock or fence that is taken out of the code.
mutate.py runs the tests with each; one that no test notices is a guard that nobody would miss.
"""

import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest


def _no_lock_on_the_rater() -> None:
    """Two tabs of one rater no longer queue up."""
    import annotation.answering as answering
    import annotation.assigning as assigning
    import annotation.freeing as freeing
    import annotation.judging as judging
    import annotation.leasing as leasing

    for module in (answering, freeing, judging, leasing):
        module.lock_rater = lambda *, rater: None
    leasing._lease.lock = assigning._open_batch.lock = None


def _rows_are_not_locked() -> None:
    """Nothing is locked at all: what is read may be old by the time it is written."""
    from django.db.models import QuerySet

    QuerySet.select_for_update = lambda self, *_, **__: self.all()


def _the_role_is_asked_before_the_lock() -> None:
    """As it was: who is disabled while they wait for their lock goes on."""
    from django.db.models import Value

    import annotation.assigning as assigning
    from workforce.roles import require

    claim = assigning.claim_next

    def claim_next(*, batch: Any, rater: Any, beyond: Any = ()) -> Any:
        require(user=rater, team=batch.project.team, role="rater")
        return claim(batch=batch, rater=rater, beyond=beyond)

    assigning.claim_next, assigning.held = claim_next, lambda **_: Value(True)


def _an_old_token_opens_the_lease() -> None:
    """The fence is down: the token of a lease given back opens whatever lease came after it."""
    import annotation.assigning as assigning

    lease = assigning._lease

    def keep_token(*, slot: Any, turn: Any, begun_at: Any) -> Any:
        from annotation.models import Assignment

        before = Assignment.objects.filter(task=slot.task, rater=turn.rater).values_list("token", flat=True).first()
        made = lease(slot=slot, turn=turn, begun_at=begun_at)
        if before is not None:
            made.token = before
            made.save(update_fields=["token"])
        return made

    assigning._lease = keep_token


def _a_lapsed_lease_holds_its_seat() -> None:
    """An answer under a lease that ran out counts, whoever has the seat by then."""
    import annotation.judging as judging

    hold = judging.hold

    def always(*, assignment: Any) -> bool:
        hold(assignment=assignment)
        return False

    judging.hold = always


def _a_key_is_not_remembered() -> None:
    """An answer that comes again under its key is taken for a new one."""
    import annotation.judging as judging

    judging._replay = lambda **_: (_ for _ in ()).throw(judging.SubmissionReused())


def _a_seat_that_goes_leaves_its_lease() -> None:
    """Who fetched an item ahead keeps it after its seat was retired."""
    import annotation.overlapping as overlapping

    overlapping.let_go = lambda *, slots: 0


def _raising_locks_no_batch() -> None:
    """Two leads change k side by side."""
    import annotation.overlapping as overlapping
    import annotation.reopening as reopening
    from annotation.models import Batch

    for module in (overlapping, reopening):
        module.lock_batch = lambda *, pk: Batch.objects.get(pk=pk)


def _the_sweep_leaves_the_seat() -> None:
    """A lease that ran out keeps its seat for ever."""
    import annotation.leasing as leasing

    end = leasing.end

    def end_only(assignments: Any, *, state: Any) -> int:
        if state != "expired":
            return end(assignments, state=state)
        from annotation.models import Assignment

        return Assignment.objects.filter(pk__in=[one.pk for one in assignments]).update(state=state)

    leasing.end = end_only


def _transactions_begin_without_the_write_lock() -> None:
    """SQLite: a transaction reads first and asks for the lock when it writes."""
    from django.db import connection

    connection.settings_dict["OPTIONS"]["transaction_mode"] = "DEFERRED"
    connection.close()


def _what_opens_again_is_not_marked() -> None:
    """A slot that is given back lies behind the bookmarks that have passed it."""
    from annotation.models.tasks import SlotQuerySet

    SlotQuerySet.open_again = lambda self: self.update(state="open")


def _what_is_put_back_is_not_marked() -> None:
    """An item that comes back from the desk, or asks for another skill, lies behind the bookmarks."""
    import annotation.referring as referring

    referring.offer_again = lambda *, slots: None


def _bookmarks_stay_where_they_are() -> None:
    """Another skill, or answers more of all items, lets no bookmark begin anew."""
    import annotation.queueing.bookmarks as bookmarks

    begun = bookmarks._begun

    def find(*, batch: Any, rater: Any, skills: Any, mark: Any, reopened: bool) -> Any:
        return bookmarks.Found(mark or begun(batch=batch, rater=rater), reopened=True, as_it_was=True)

    import annotation.queueing.turns as turns

    turns.find_bookmark = find


def _a_bookmark_passes_what_is_just_being_taken() -> None:
    """It moves to the slot that was taken, not to the first that was open."""
    import annotation.queueing.bookmarks as bookmarks

    bookmarks._place = lambda bookmark, waiting, first_below, taken: taken.place if taken else bookmark.place


def _what_left_the_queue_is_handed_out() -> None:
    """An item is handed out as it was when its seat was found, not as it is once its row is had."""
    from django.db.models import F, Value
    from django.db.models.functions import Coalesce

    import annotation.assigning as assigning
    from annotation.models import Task
    from workforce.compiled import Blanks, Changed

    def build(blanks: Blanks) -> Any:
        version = Coalesce(F("rubric_version"), Value(blanks.key("version")))
        return Task.objects.filter(pk=blanks.key("task")), {"rubric_version": version}

    assigning._pinned = lambda skills: Changed(build)


def _who_leaves_keeps_what_they_hold() -> None:
    """Disabling somebody frees nothing."""
    import workforce.leaving as leaving

    leaving._verbs.clear()


def _time_ends_before_it_began() -> None:
    """The clock was set back while an item was held, and nobody thought of it."""
    from django.utils import timezone

    import workforce.timekeeping as timekeeping

    timekeeping._not_before = lambda began_at: timezone.now()


PATCHES: dict[str, Callable[[], None]] = {
    "the role is asked before the lock": _the_role_is_asked_before_the_lock,
    "an old token opens the lease": _an_old_token_opens_the_lease,
    "a lapsed lease holds its seat": _a_lapsed_lease_holds_its_seat,
    "a key is not remembered": _a_key_is_not_remembered,
    "a seat that goes leaves its lease": _a_seat_that_goes_leaves_its_lease,
    "the sweep leaves the seat": _the_sweep_leaves_the_seat,
    "what left the queue is handed out": _what_left_the_queue_is_handed_out,
    "who leaves keeps what they hold": _who_leaves_keeps_what_they_hold,
    "what opens again is not marked": _what_opens_again_is_not_marked,
    "what is put back is not marked": _what_is_put_back_is_not_marked,
    "bookmarks stay where they are": _bookmarks_stay_where_they_are,
    "time ends before it began": _time_ends_before_it_began,
}
CONSTRAINTS = {
    "one_slot_per_task_and_number": "Slot",
    "one_assignment_per_task_and_rater": "Assignment",
    "one_live_assignment_per_slot": "Assignment",
    "one_first_judgment_per_task_and_rater": "Judgment",
}
# SQLite lets one transaction write at a time, so there only the way in which one begins is a lock.
LOCKS: dict[str, dict[str, Callable[[], None]]] = {
    "postgresql": {
        "no lock on the rater": _no_lock_on_the_rater,
        "no row is locked": _rows_are_not_locked,
        "no lock on the batch": _raising_locks_no_batch,
        "a bookmark passes what is just being taken": _a_bookmark_passes_what_is_just_being_taken,
    },
    "sqlite": {"transactions begin without the write lock": _transactions_begin_without_the_write_lock},
}
MUTANT = os.environ.get("QUEUE_MUTANT", "")


class _Ready:
    @pytest.fixture(scope="session")
    def django_db_setup(self, django_test_environment: None) -> None:
        """In place of pytest-django's: the database is there, a copy of one with every migration."""


def pytest_configure(config: pytest.Config) -> None:
    """Now, when pytest-django's plugin is there: of two fixtures the later one counts."""
    config.pluginmanager.register(_Ready())


@pytest.fixture(autouse=True, scope="session")
def _mutated(django_db_setup: None, django_db_blocker: Any) -> Iterator[None]:
    """The mutant lives as long as the run and its database."""
    from django.db import connection

    patches = PATCHES | LOCKS[connection.vendor]
    with django_db_blocker.unblock():
        if MUTANT in patches:
            patches[MUTANT]()
        elif MUTANT:
            _drop(MUTANT)
    yield


def _drop(name: str) -> None:
    """On SQLite the table is made anew, from what its model says, and loses its triggers: they are put back."""
    from django.apps import apps
    from django.db import connection

    model = apps.get_model("annotation", CONSTRAINTS[name])
    constraint = next(one for one in model._meta.constraints if one.name == name)
    model._meta.constraints.remove(constraint)
    before = _triggers()
    with connection.constraint_checks_disabled(), connection.schema_editor() as editor:
        editor.remove_constraint(model, constraint)
    with connection.cursor() as cursor:
        for trigger in before.keys() - _triggers().keys():
            cursor.execute(before[trigger])


def _triggers() -> dict[str, str]:
    """Name and statement of each; on PostgreSQL none is ever lost."""
    from django.db import connection

    if connection.vendor != "sqlite":
        return {}
    with connection.cursor() as cursor:
        cursor.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
        return dict(cursor.fetchall())
