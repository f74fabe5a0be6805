"""When a run's key was last put on the queue, so that a message that is lost is sent again."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("training", "0002_initial")]
    operations = [
        migrations.AddField(
            model_name="trainingrun",
            name="sent_at",
            field=models.DateTimeField(blank=True, help_text="When its key was last put on the queue.", null=True),
        ),
    ]
