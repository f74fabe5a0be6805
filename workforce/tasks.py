"""The hourly tidying of rows that count for nothing any more."""

from datetime import timedelta

from celery import shared_task
from django.core.management import call_command
from django.utils import timezone

from workforce import throttling
from workforce.models import LoginLink

LINKS_KEPT = timedelta(days=30)


@shared_task
def tidy() -> None:
    """Remove counts that stand at nothing, sessions that ended, and links that ended a month ago."""
    throttling.prune()
    call_command("clearsessions")
    LoginLink.objects.filter(expires_at__lt=timezone.now() - LINKS_KEPT).delete()
