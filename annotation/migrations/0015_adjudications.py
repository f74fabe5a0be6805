"""Leads rule on what people disagree on; frozen pairs say where their answer comes from.

The pairs get nullable columns, so that no table is made anew and its rules stay on it.
"""

import uuid

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from workforce.refusing import Refuse

APPEND_ONLY = {"annotation_blindanswer": "blind_answers", "annotation_adjudication": "adjudications"}


class Migration(migrations.Migration):
    dependencies = [
        ("annotation", "0014_sets_carry_targets"),
        ("rubrics", "0005_kinds_of_criteria_and_acknowledgements"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="preferencepair",
            name="provenance",
            field=models.CharField(
                choices=[
                    ("unanimous", "Unanimous"),
                    ("majority", "Majority"),
                    ("adjudicated", "Adjudicated"),
                    ("split", "Split"),
                    ("single", "One answer"),
                    ("voided", "Voided"),
                ],
                max_length=11,
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="preferencepair",
            name="votes",
            field=models.JSONField(null=True),
        ),
        migrations.CreateModel(
            name="Adjudication",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uid", models.UUIDField(default=uuid.uuid4, editable=False, unique=True)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("right", "One answer is right"),
                            ("split", "Legitimately split"),
                            ("ambiguous", "Request ambiguous"),
                            ("gap", "Rubric gap"),
                            ("broken", "Item broken"),
                            ("withdrawn", "Taken back"),
                        ],
                        max_length=9,
                    ),
                ),
                ("answer", models.JSONField(null=True)),
                (
                    "cause",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("style", "Response style"),
                            ("underspecified", "Underspecified request"),
                            ("refusal", "Refusal"),
                            ("verbosity", "Verbosity"),
                            ("facts", "Factual check"),
                            ("slip", "Rater slip"),
                            ("misread", "Misread rubric"),
                            ("other", "Other"),
                        ],
                        max_length=14,
                    ),
                ),
                (
                    "confidence",
                    models.PositiveSmallIntegerField(
                        choices=[(1, "Unsure"), (2, "Fairly sure"), (3, "Sure")], null=True
                    ),
                ),
                ("note", models.CharField(blank=True, max_length=500)),
                ("gold", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "draft",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="rubrics.rubricversion",
                    ),
                ),
                (
                    "lead",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="adjudications",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "referral",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="annotation.referral",
                    ),
                ),
                (
                    "rubric_version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="rubrics.rubricversion"
                    ),
                ),
                (
                    "supersedes",
                    models.OneToOneField(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="superseded_by",
                        to="annotation.adjudication",
                    ),
                ),
                (
                    "task",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="adjudications", to="annotation.task"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.AddField(
            model_name="preferencepair",
            name="ruling",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="annotation.adjudication"
            ),
        ),
        migrations.CreateModel(
            name="AdjudicationSeat",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("expires_at", models.DateTimeField()),
                (
                    "lead",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "task",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="adjudication_seat",
                        to="annotation.task",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="BlindAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("answer", models.JSONField(null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "lead",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="blind_answers",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "rubric_version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="rubrics.rubricversion"
                    ),
                ),
                (
                    "task",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="blind_answers", to="annotation.task"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.AddConstraint(
            model_name="adjudication",
            constraint=models.UniqueConstraint(
                condition=models.Q(("supersedes__isnull", True)),
                fields=("task",),
                name="one_first_adjudication_per_task",
            ),
        ),
        migrations.AddConstraint(
            model_name="adjudication",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("answer__isnull", False), ("outcome", "right")),
                    models.Q(
                        ("answer__isnull", True), ("outcome__in", ["split", "ambiguous", "gap", "broken", "withdrawn"])
                    ),
                    _connector="OR",
                ),
                name="only_what_is_right_has_an_answer",
            ),
        ),
        migrations.AddConstraint(
            model_name="adjudication",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("cause", ""),
                        ("confidence__isnull", True),
                        ("outcome", "withdrawn"),
                        ("supersedes__isnull", False),
                    ),
                    models.Q(
                        models.Q(("outcome", "withdrawn"), _negated=True),
                        models.Q(("cause", ""), _negated=True),
                        ("confidence__gte", 1),
                        ("confidence__lte", 3),
                    ),
                    _connector="OR",
                ),
                name="a_ruling_says_why_and_how_sure",
            ),
        ),
        migrations.AddConstraint(
            model_name="adjudication",
            constraint=models.CheckConstraint(
                condition=models.Q(("gold", False), ("outcome", "right"), _connector="OR"),
                name="only_what_is_right_is_gold",
            ),
        ),
        migrations.AddConstraint(
            model_name="blindanswer",
            constraint=models.UniqueConstraint(fields=("task", "lead"), name="a_lead_answers_an_item_blind_once"),
        ),
        *(
            Refuse(name=f"{words}_are_never_{done}", table=table, on=on)
            for table, words in APPEND_ONLY.items()
            for on, done in (("UPDATE", "changed"), ("DELETE", "deleted"))
        ),
        Refuse(
            name="a_pair_that_a_ruling_decides_keeps_the_votes",
            table="annotation_preferencepair",
            on="INSERT",
            when="(NEW.provenance = 'adjudicated') <> (NEW.votes IS NOT NULL)"
            " OR (NEW.votes IS NULL) <> (NEW.ruling_id IS NULL)",
        ),
        Refuse(
            name="what_is_voided_is_in_no_set",
            table="annotation_preferencepair",
            on="INSERT",
            when="NEW.provenance = 'voided'",
        ),
    ]
