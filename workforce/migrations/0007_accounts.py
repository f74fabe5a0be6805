"""Sign-in by e-mail; people who are disabled, and sessions that ended with that."""

import django.db.models.functions.text
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workforce", "0006_vendors")]

    operations = [
        migrations.AddField(model_name="user", name="disabled_at", field=models.DateTimeField(blank=True, null=True)),
        migrations.AddField(model_name="user", name="signed_out_at", field=models.DateTimeField(blank=True, null=True)),
        migrations.AddConstraint(
            model_name="user",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Lower("email"),
                condition=models.Q(("email", ""), _negated=True),
                name="one_person_per_email",
            ),
        ),
    ]
