"""Orders are summed per scope and spreads kept per item, of all answers that there are too."""

from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from annotation import ranked
from annotation.spreading import keep_spreads
from workforce.refusing import Lift, Refuse

CHUNK = 500
VOIDED = (
    Refuse(name="voided_judgments_are_never_changed", table="annotation_voidedjudgment", on="UPDATE"),
    Refuse(name="voided_judgments_are_never_made_valid_again", table="annotation_voidedjudgment", on="DELETE"),
)


def count(apps: Any, schema_editor: Any) -> None:
    judged = apps.get_model("annotation", "Judgment").objects.order_by("task")
    items = list(judged.values_list("task", flat=True).distinct())
    keep_spreads(items=items)
    for start in range(0, len(items), CHUNK):
        ranked.add(sums=ranked.counted_items(items=items[start : start + CHUNK]))


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("annotation", "0019_labels_item_by_item"),
        ("rubrics", "0005_kinds_of_criteria_and_acknowledgements"),
    ]

    operations = [
        migrations.CreateModel(
            name="RankingSum",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "slice",
                    models.CharField(
                        choices=[
                            ("all", "Everything"),
                            ("domain", "Domain"),
                            ("language", "Language"),
                            ("lengths", "Length difference"),
                            ("models", "Pair of models"),
                            ("vendor", "Vendor"),
                            ("sensitivity", "Sensitivity"),
                            ("batch", "Batch"),
                            ("week", "Week"),
                        ],
                        max_length=11,
                    ),
                ),
                ("value", models.CharField(blank=True, max_length=255)),
                ("answers", models.PositiveSmallIntegerField()),
                ("raters", models.PositiveSmallIntegerField()),
                ("units", models.BigIntegerField()),
                ("observed", models.BigIntegerField()),
                ("expected", models.BigIntegerField()),
                ("observed_squared", models.BigIntegerField()),
                ("expected_squared", models.BigIntegerField()),
                ("crossed", models.BigIntegerField()),
                ("constant", models.BigIntegerField()),
                ("top", models.BigIntegerField()),
                ("top_squared", models.BigIntegerField()),
                ("tau_units", models.BigIntegerField()),
                ("tau", models.BigIntegerField()),
                ("tau_squared", models.BigIntegerField()),
                ("w_units", models.BigIntegerField()),
                ("w", models.BigIntegerField()),
                ("w_squared", models.BigIntegerField()),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="ranking_sums",
                        to="annotation.project",
                    ),
                ),
                (
                    "rubric_version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="rubrics.rubricversion"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("project", "slice", "value", "rubric_version", "answers", "raters"),
                        name="one_sum_per_scope_answers_and_raters",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "slice__in",
                                [
                                    "all",
                                    "domain",
                                    "language",
                                    "lengths",
                                    "models",
                                    "vendor",
                                    "sensitivity",
                                    "batch",
                                    "week",
                                ],
                            )
                        ),
                        name="what_orders_are_cut_by_is_known",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ItemSpread",
            fields=[
                (
                    "task",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="kept_spread",
                        serialize=False,
                        to="annotation.task",
                    ),
                ),
                ("priority", models.FloatField()),
                ("spread", models.FloatField()),
                (
                    "project",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="annotation.project",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(fields=["project", "-spread", "-priority", "task"], name="items_furthest_apart_first")
                ],
            },
        ),
        migrations.CreateModel(
            name="ScopeTally",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "slice",
                    models.CharField(
                        choices=[
                            ("all", "Everything"),
                            ("domain", "Domain"),
                            ("language", "Language"),
                            ("lengths", "Length difference"),
                            ("models", "Pair of models"),
                            ("vendor", "Vendor"),
                            ("sensitivity", "Sensitivity"),
                            ("batch", "Batch"),
                            ("week", "Week"),
                        ],
                        max_length=11,
                    ),
                ),
                ("value", models.CharField(blank=True, max_length=255)),
                ("answers", models.PositiveIntegerField()),
                ("unable", models.PositiveIntegerField()),
                ("decisive", models.PositiveIntegerField()),
                ("first", models.PositiveIntegerField()),
                ("counted_at", models.DateTimeField(auto_now_add=True)),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="scope_tallies",
                        to="annotation.project",
                    ),
                ),
                (
                    "rubric_version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="rubrics.rubricversion"
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("project", "slice", "value", "rubric_version"), name="one_tally_per_scope"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "slice__in",
                                [
                                    "all",
                                    "domain",
                                    "language",
                                    "lengths",
                                    "models",
                                    "vendor",
                                    "sensitivity",
                                    "batch",
                                    "week",
                                ],
                            )
                        ),
                        name="what_tallies_are_cut_by_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("first__lte", models.F("decisive")), ("unable__lte", models.F("answers"))),
                        name="no_more_of_a_tally_than_all_of_it",
                    ),
                ],
            },
        ),
        Lift(*VOIDED),
        migrations.AlterField(
            model_name="voidedjudgment",
            name="hold",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="voided", to="annotation.raterhold"
            ),
        ),
        migrations.CreateModel(
            name="Requeue",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("last", models.PositiveIntegerField(help_text="How many answers were asked for, the newest first.")),
                ("reason", models.CharField(max_length=500)),
                ("at", models.DateTimeField(auto_now_add=True)),
                (
                    "actor",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="requeues", to="annotation.project"
                    ),
                ),
                (
                    "rater",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="requeues",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.AddField(
            model_name="voidedjudgment",
            name="requeue",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="voided", to="annotation.requeue"
            ),
        ),
        migrations.AddConstraint(
            model_name="voidedjudgment",
            constraint=models.CheckConstraint(
                condition=models.Q(("hold__isnull", True), ("requeue__isnull", True), _connector="XOR"),
                name="what_is_voided_says_by_what",
            ),
        ),
        migrations.AddConstraint(
            model_name="requeue",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="a_requeue_says_why"
            ),
        ),
        migrations.AddConstraint(
            model_name="requeue",
            constraint=models.CheckConstraint(condition=models.Q(("last__gte", 1)), name="a_requeue_is_of_something"),
        ),
        *VOIDED,
        Refuse(name="second_opinions_are_never_changed", table="annotation_requeue", on="UPDATE"),
        Refuse(name="second_opinions_are_never_taken_off_the_record", table="annotation_requeue", on="DELETE"),
        migrations.RunPython(count, migrations.RunPython.noop),
    ]
