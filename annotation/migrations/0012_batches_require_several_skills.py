"""A batch may ask for several skills, and may give a rater one item of a prompt only.

The leases of a rater lose the index by rater alone: SQLite took it where the one by rater and state finds a handful.
"""

from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


def keep_the_skill(apps: Any, schema_editor: Any) -> None:
    for batch in apps.get_model("annotation", "Batch").objects.exclude(required=None):
        batch.requires.add(batch.required_id)


def keep_one_skill(apps: Any, schema_editor: Any) -> None:
    for batch in apps.get_model("annotation", "Batch").objects.exclude(requires=None).distinct():
        batch.required = batch.requires.order_by("pk").first()
        batch.save(update_fields=["required"])


class Migration(migrations.Migration):
    dependencies = [
        ("annotation", "0011_the_queue_has_lanes_and_bookmarks"),
        ("workforce", "0010_second_step"),
    ]

    operations = [
        migrations.RenameField("batch", "requires", "required"),
        migrations.AddField(
            model_name="batch",
            name="requires",
            field=models.ManyToManyField(
                blank=True, help_text="Skills of which all are needed.", related_name="+", to="workforce.skill"
            ),
        ),
        migrations.RunPython(keep_the_skill, keep_one_skill),
        migrations.RemoveField("batch", "required"),
        migrations.AddField(
            model_name="batch",
            name="one_per_prompt",
            field=models.BooleanField(
                default=False,
                help_text="A rater gets no item of a prompt that they have had an item of in the project.",
            ),
        ),
        migrations.AlterField(
            model_name="assignment",
            name="rater",
            field=models.ForeignKey(
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="assignments",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
    ]
