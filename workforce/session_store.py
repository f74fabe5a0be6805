"""Where sessions are kept (settings.SESSION_ENGINE): Django's store, which finds the person along with the session.

Every request asks for both. The session hands the person on to the authentication backend, which is called next and
knows nothing of the session but a key.
"""

from contextvars import ContextVar
from typing import Any

from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.db.models import QuerySet
from django.utils import timezone

from workforce.compiled import Blanks, Compiled
from workforce.models import Session, User

# The person of the session that was loaded last.
_found: ContextVar[User | None] = ContextVar("_found", default=None)


class SessionStore(DatabaseStore):
    """Sessions in the table of workforce.models.Session."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def _get_session_from_db(self) -> Session | None:
        session = _kept.first(key=self.session_key or "", now=timezone.now())
        _found.set(session.person if session is not None else None)
        if session is None:
            self._session_key = None
        return session

    def create_model_instance(self, data: dict[str, Any]) -> Any:
        session: Any = super().create_model_instance(data)
        session.person_id = data.get(SESSION_KEY)
        return session


def take_person(*, pk: int) -> User | None:
    """The person of the session loaded last here, if it is this one, with their wishes; given once, so never an old
    one.
    """
    person = _found.get()
    _found.set(None)
    return person if person is not None and person.pk == pk else None


@Compiled
def _kept(blanks: Blanks) -> QuerySet[Session]:
    sessions = Session.objects.select_related("person__preferences").order_by()
    return sessions.filter(session_key=blanks.text("key"), expire_date__gt=blanks.moment("now"))
