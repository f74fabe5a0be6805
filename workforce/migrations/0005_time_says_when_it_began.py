"""A stretch of time says when it began at the earliest, so that no minute is paid twice."""

from datetime import timedelta
from typing import Any

from django.db import migrations, models

AT_ONCE = 2000


def just_before_they_ended(apps: Any, schema_editor: Any) -> None:
    """Of what was written so far it is only known how long it was."""
    work_time = apps.get_model("workforce", "WorkTime")
    rows = work_time.objects.filter(began_at=None).order_by("pk")
    while found := list(rows[:AT_ONCE]):
        for row in found:
            row.began_at = row.ended_at - timedelta(milliseconds=row.ms)
        work_time.objects.bulk_update(found, ["began_at"])


class Migration(migrations.Migration):
    dependencies = [("workforce", "0004_check_ins_may_be_shared")]

    operations = [
        migrations.AddField("worktime", "began_at", models.DateTimeField(null=True)),
        migrations.RunPython(just_before_they_ended, migrations.RunPython.noop),
        migrations.AlterField("worktime", "began_at", models.DateTimeField()),
        migrations.AddConstraint(
            "worktime",
            models.CheckConstraint(
                condition=models.Q(("ended_at__gte", models.F("began_at"))), name="time_does_not_end_before_it_began"
            ),
        ),
    ]
