"""A fourth way to train a policy: direct preference optimisation. Only the choices of the column change."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("training", "0003_runs_know_when_they_were_sent")]
    operations = [
        migrations.AlterField(
            model_name="trainingrun",
            name="kind",
            field=models.CharField(
                choices=[
                    ("sft", "Supervised fine-tuning"),
                    ("reward", "Reward model"),
                    ("dpo", "DPO"),
                    ("ppo", "PPO"),
                    ("sample", "Sampling answers"),
                    ("score", "Scoring a pool"),
                ],
                max_length=8,
            ),
        ),
    ]
