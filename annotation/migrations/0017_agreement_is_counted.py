"""What is true of the items that there are, and the patterns of all answers so far."""

from typing import Any

from django.db import migrations

from annotation.patterns_sql import upsert

CHUNK = 500

# As annotation.pairs says it of new items; those of another number of answers have neither.
OF_PAIRS = """
    UPDATE annotation_task SET lengths = found.lengths, model_pair = found.model_pair
    FROM (
        SELECT one.task_id,
            CASE WHEN longer <= 1.2 * shorter THEN 'close' WHEN longer <= 1.6 * shorter THEN 'apart' ELSE 'far' END
                AS lengths,
            CASE WHEN least = '' THEN NULL ELSE least || ' | ' || most END AS model_pair
        FROM (
            SELECT member.task_id, COUNT(*) AS members, MIN(LENGTH(response.text)) AS shorter,
                MAX(LENGTH(response.text)) AS longer, MIN(response.model_tag) AS least, MAX(response.model_tag) AS most
            FROM annotation_taskresponse member
            JOIN annotation_response response ON response.id = member.response_id
            GROUP BY member.task_id
        ) one WHERE members = 2
    ) found
    WHERE found.task_id = annotation_task.id
"""


def count(apps: Any, schema_editor: Any) -> None:
    with schema_editor.connection.cursor() as cursor:
        cursor.execute(OF_PAIRS)
        judged = apps.get_model("annotation", "Judgment").objects.order_by("task").values_list("task", flat=True)
        items = list(judged.distinct())
        for start in range(0, len(items), CHUNK):
            chunk = items[start : start + CHUNK]
            statement = upsert(vendor=schema_editor.connection.vendor, which="items", items=len(chunk))
            cursor.execute(statement, [1, *chunk])


class Migration(migrations.Migration):
    dependencies = [("annotation", "0016_agreement_is_kept_up_to_date")]
    operations = [migrations.RunPython(count, migrations.RunPython.noop)]
