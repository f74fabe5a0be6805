"""A comparison may bring the panel's answer along, so that calibration items can be imported."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("annotation", "0006_criteria_drafts_and_calibration"),
    ]

    operations = [
        migrations.AddField(
            model_name="comparison",
            name="panel",
            field=models.JSONField(
                help_text="What the panel says of it, for calibration (annotation.panels).", null=True
            ),
        ),
        migrations.AlterField(
            model_name="importreport",
            name="kind",
            field=models.CharField(
                choices=[
                    ("prompts", "Prompts"),
                    ("comparisons", "Prompts with responses to compare"),
                    ("demonstrations", "Demonstrations"),
                    ("judgments", "Historical judgments"),
                    ("calibration", "Calibration items with the panel’s answers"),
                ],
                max_length=20,
            ),
        ),
    ]
