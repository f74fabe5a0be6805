"""The Celery application and its clock. Tasks live in the apps' tasks.py: primary key in, one verb called."""

import os

from celery import Celery
from celery.schedules import crontab

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
app = Celery("assay")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
# A tick nobody was there to hear must not pile up in the queue: the next one does the same.
app.conf.beat_schedule = {
    "reconcile-runs": {
        "task": "training.tasks.reconcile_runs",
        "schedule": 15.0,
        "options": {"queue": "short", "expires": 15},
    },
    "expire-leases": {
        "task": "annotation.tasks.expire_leases",
        "schedule": 30.0,
        "options": {"queue": "short", "expires": 30},
    },
    "check-agreement": {
        "task": "annotation.tasks.check_agreement",
        "schedule": crontab(hour=3, minute=20),
        "options": {"queue": "short", "expires": 6 * 3600},
    },
    "look-at-raters": {
        "task": "annotation.tasks.look_at_raters",
        "schedule": 600.0,
        "options": {"queue": "short", "expires": 600},
    },
    "tidy": {
        "task": "workforce.tasks.tidy",
        "schedule": 3600.0,
        "options": {"queue": "short", "expires": 3600},
    },
}
