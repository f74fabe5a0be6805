"""How a round ended is written down once, so that nobody has to work it out again from its answers."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from workforce.refusing import Refuse


class Migration(migrations.Migration):
    dependencies = [
        ("annotation", "0008_pairs_that_are_alike"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="RoundResult",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("right", models.PositiveIntegerField()),
                ("n", models.PositiveIntegerField()),
                ("passed", models.BooleanField(null=True)),
                ("criteria", models.JSONField(default=list)),
                ("ended_at", models.DateTimeField(auto_now_add=True)),
                (
                    "batch",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="round_results", to="annotation.batch"
                    ),
                ),
                (
                    "rater",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="round_results",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(fields=("batch", "rater"), name="a_round_ends_once_for_a_rater"),
                    models.CheckConstraint(
                        condition=models.Q(("right__lte", models.F("n"))), name="no_more_right_than_judged"
                    ),
                ],
            },
        ),
        *(
            Refuse(name=f"round_results_are_never_{done}", table="annotation_roundresult", on=on)
            for on, done in (("UPDATE", "changed"), ("DELETE", "deleted"))
        ),
    ]
