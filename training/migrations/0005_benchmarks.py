"""Benchmarks that users bring in, and runs that hold a reward model against one."""

from django.conf import settings
from django.db import migrations, models

from workforce.refusing import Refuse


class Migration(migrations.Migration):
    dependencies = [
        ("annotation", "0012_batches_require_several_skills"),
        ("training", "0004_runs_that_learn_from_preferences_directly"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]
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
                    ("bench", "Benchmark"),
                ],
                max_length=8,
            ),
        ),
        migrations.CreateModel(
            name="Benchmark",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=120)),
                ("filename", models.CharField(max_length=200)),
                ("sha256", models.CharField(max_length=64)),
                ("prompts", models.PositiveIntegerField()),
                ("subsets", models.JSONField(default=dict, help_text="Prompts by subset.")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=models.deletion.PROTECT, related_name="benchmarks", to="annotation.project"
                    ),
                ),
            ],
            options={"ordering": ["-id"]},
        ),
        migrations.AddConstraint(
            model_name="benchmark",
            constraint=models.UniqueConstraint(fields=["project", "name"], name="one_benchmark_per_project_and_name"),
        ),
        migrations.AddConstraint(
            model_name="benchmark",
            constraint=models.UniqueConstraint(
                fields=["project", "sha256"], name="one_benchmark_per_project_and_content"
            ),
        ),
        migrations.AddField(
            model_name="trainingrun",
            name="benchmark",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=models.deletion.PROTECT,
                related_name="runs",
                to="training.benchmark",
            ),
        ),
        Refuse(name="benchmarks_are_never_changed", table="training_benchmark", on="UPDATE"),
        Refuse(name="benchmarks_are_never_deleted", table="training_benchmark", on="DELETE"),
    ]
