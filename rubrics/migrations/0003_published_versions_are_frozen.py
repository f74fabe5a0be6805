"""A published rubric version, its criteria and its score points cannot change; it can only be retired."""

from django.db import migrations

from workforce.refusing import Refuse

KEPT = (
    "id",
    "rubric_id",
    "number",
    "change",
    "guidance",
    "digest",
    "created_by_id",
    "created_at",
    "published_by_id",
    "published_at",
)
CHANGED = " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in KEPT)
FROZEN_CRITERION = "(SELECT state FROM rubrics_rubricversion WHERE id = {row}.version_id) <> 'draft'"
FROZEN_POINT = (
    "(SELECT v.state FROM rubrics_rubricversion v JOIN rubrics_criterion c ON c.version_id = v.id "
    "WHERE c.id = {row}.criterion_id) <> 'draft'"
)


class Migration(migrations.Migration):
    dependencies = [("rubrics", "0002_initial")]
    operations = [
        Refuse(
            name="a_published_rubric_version_is_frozen",
            table="rubrics_rubricversion",
            on="UPDATE",
            when=f"OLD.state <> 'draft' AND ({CHANGED} OR NOT (OLD.state = NEW.state OR NEW.state = 'retired'))",
        ),
        Refuse(
            name="a_published_rubric_version_is_never_deleted",
            table="rubrics_rubricversion",
            on="DELETE",
            when="OLD.state <> 'draft'",
        ),
        *(
            Refuse(
                name=f"criteria_of_a_published_version_are_frozen_on_{on.lower()}",
                table="rubrics_criterion",
                on=on,
                when=FROZEN_CRITERION.format(row="NEW" if on == "INSERT" else "OLD"),
            )
            for on in ("INSERT", "UPDATE", "DELETE")
        ),
        *(
            Refuse(
                name=f"score_points_of_a_published_version_are_frozen_on_{on.lower()}",
                table="rubrics_scorepoint",
                on=on,
                when=FROZEN_POINT.format(row="NEW" if on == "INSERT" else "OLD"),
            )
            for on in ("INSERT", "UPDATE", "DELETE")
        ),
    ]
