"""The audit log can only grow."""

from django.db import migrations

from workforce.refusing import Refuse


class Migration(migrations.Migration):
    dependencies = [("workforce", "0001_initial")]
    operations = [
        Refuse(name="audit_events_are_never_changed", table="workforce_auditevent", on="UPDATE"),
        Refuse(name="audit_events_are_never_deleted", table="workforce_auditevent", on="DELETE"),
    ]
