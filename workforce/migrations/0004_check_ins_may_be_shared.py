"""A check-in names the wellbeing contact whom its writer lets read it. Those that are there stay their writers' own."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workforce", "0003_skills_time_messages_and_preferences")]

    operations = [
        migrations.AddField(
            model_name="checkin",
            name="shared_with",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
    ]
