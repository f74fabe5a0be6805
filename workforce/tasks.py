"""The hourly tidying of rows that count for nothing any more."""

from datetime import timedelta

from celery import shared_task
from django.utils import timezone

from workforce import throttling
from workforce.models import LoginLink
from workforce.session_store import SessionStore

LINKS_KEPT = timedelta(days=30)


@shared_task
def tidy() -> None:
    """Remove counts that stand at nothing, sessions that ended, and links that ended a month ago."""
    throttling.prune()
    SessionStore.clear_expired()
    LoginLink.objects.filter(expires_at__lt=timezone.now() - LINKS_KEPT).delete()
