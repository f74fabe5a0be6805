"""A draft's criterion or score point cannot be moved into a published version either: 0003 looked at where from."""

from django.db import migrations

from workforce.refusing import Refuse

INTO_VERSION = (
    "OLD.version_id <> NEW.version_id "
    "AND (SELECT state FROM rubrics_rubricversion WHERE id = NEW.version_id) <> 'draft'"
)
INTO_CRITERION = (
    "OLD.criterion_id <> NEW.criterion_id AND (SELECT v.state FROM rubrics_rubricversion v "
    "JOIN rubrics_criterion c ON c.version_id = v.id WHERE c.id = NEW.criterion_id) <> 'draft'"
)


class Migration(migrations.Migration):
    dependencies = [("rubrics", "0003_published_versions_are_frozen")]
    operations = [
        Refuse(
            name="no_criterion_is_moved_into_a_published_version",
            table="rubrics_criterion",
            on="UPDATE",
            when=INTO_VERSION,
        ),
        Refuse(
            name="no_score_point_is_moved_into_a_published_version",
            table="rubrics_scorepoint",
            on="UPDATE",
            when=INTO_CRITERION,
        ),
    ]
