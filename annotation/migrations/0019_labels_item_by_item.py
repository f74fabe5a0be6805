"""One index finds the judgments of an item and has all that agreement is counted from; it takes the place of the key's.

The key's index goes by its name: altering the field would build the table anew on SQLite, without what guards it.
"""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("annotation", "0018_raters_are_looked_at")]
    operations = [
        migrations.AddIndex(
            model_name="judgment",
            index=models.Index(
                fields=[
                    "task",
                    "rubric_version",
                    "vendor",
                    "cant_judge",
                    "surplus",
                    "strength",
                    "both_bad",
                    "created_at",
                ],
                name="labels_item_by_item",
            ),
        ),
        migrations.SeparateDatabaseAndState(
            state_operations=[
                migrations.AlterField(
                    model_name="judgment",
                    name="task",
                    field=models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="judgments",
                        to="annotation.task",
                    ),
                )
            ],
            database_operations=[
                migrations.RunSQL(
                    "DROP INDEX annotation_judgment_task_id_5ed03a6b",
                    "CREATE INDEX annotation_judgment_task_id_5ed03a6b ON annotation_judgment (task_id)",
                )
            ],
        ),
    ]
