"""Raters are looked at: figures, alarms, holds until a lead has looked, and answers that were not let stand."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from workforce.refusing import Refuse


class Migration(migrations.Migration):
    dependencies = [
        ("annotation", "0017_agreement_is_counted"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AlterField(
            model_name="assignment",
            name="state",
            field=models.CharField(
                choices=[
                    ("leased", "Leased"),
                    ("submitted", "Submitted"),
                    ("released", "Released"),
                    ("expired", "Expired"),
                    ("surplus", "Answered beyond the slots"),
                    ("declined", "Could not judge"),
                    ("voided", "Answered, and voided by a lead"),
                ],
                default="leased",
                max_length=9,
            ),
        ),
        migrations.CreateModel(
            name="RaterHold",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reason", models.CharField(max_length=500)),
                (
                    "detector",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("one_side", "Always one side"),
                            ("alternating", "One side after the other"),
                            ("few_changes", "Long runs on one side"),
                            ("haste", "Faster than reading"),
                            ("chance", "Answers like a coin"),
                            ("gold_known", "Right on gold only"),
                            ("fading", "Began well, then stopped judging"),
                            ("copying", "The same answers as another rater"),
                            ("side", "Leans to one side"),
                            ("length", "Follows length"),
                            ("ties", "Many ties"),
                            ("both_bad", "Finds both bad"),
                        ],
                        max_length=12,
                    ),
                ),
                ("held_at", models.DateTimeField(auto_now_add=True)),
                ("confirmed_at", models.DateTimeField(null=True)),
                ("confirm_note", models.CharField(blank=True, max_length=500)),
                ("lifted_at", models.DateTimeField(null=True)),
                ("lift_note", models.CharField(blank=True, max_length=500)),
                (
                    "confirmed_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "held_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "lifted_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="rater_holds", to="annotation.project"
                    ),
                ),
                (
                    "rater",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="holds", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
            },
        ),
        migrations.CreateModel(
            name="RaterWatch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "holds_by_itself",
                    models.BooleanField(default=False, help_text="An alarm holds its rater until a lead has looked."),
                ),
                (
                    "seen_to",
                    models.BigIntegerField(default=0, help_text="The newest judgment when it was last looked."),
                ),
                ("looked_at", models.DateTimeField(null=True)),
                (
                    "project",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE, related_name="rater_watch", to="annotation.project"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="VoidedJudgment",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("reopened", models.BooleanField(help_text="Its slot was opened for somebody else.")),
                ("at", models.DateTimeField(auto_now_add=True)),
                (
                    "hold",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="voided", to="annotation.raterhold"
                    ),
                ),
                (
                    "judgment",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT, related_name="voided", to="annotation.judgment"
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="RaterAlarm",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "detector",
                    models.CharField(
                        choices=[
                            ("one_side", "Always one side"),
                            ("alternating", "One side after the other"),
                            ("few_changes", "Long runs on one side"),
                            ("haste", "Faster than reading"),
                            ("chance", "Answers like a coin"),
                            ("gold_known", "Right on gold only"),
                            ("fading", "Began well, then stopped judging"),
                            ("copying", "The same answers as another rater"),
                            ("side", "Leans to one side"),
                            ("length", "Follows length"),
                            ("ties", "Many ties"),
                            ("both_bad", "Finds both bad"),
                        ],
                        max_length=12,
                    ),
                ),
                ("evidence", models.JSONField(default=dict)),
                ("since", models.DateTimeField()),
                (
                    "outcome",
                    models.CharField(
                        blank=True, choices=[("dismissed", "Nothing wrong"), ("confirmed", "Confirmed")], max_length=9
                    ),
                ),
                ("raised_at", models.DateTimeField(auto_now_add=True)),
                ("decided_at", models.DateTimeField(null=True)),
                ("note", models.CharField(blank=True, max_length=500)),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "judgment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="annotation.judgment"
                    ),
                ),
                (
                    "judgments",
                    models.ManyToManyField(
                        help_text="The newest that it rests on.", related_name="+", to="annotation.judgment"
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rater_alarms",
                        to="annotation.project",
                    ),
                ),
                (
                    "rater",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="alarms", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["-id"],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("outcome", "")),
                        fields=("project", "rater", "detector"),
                        name="one_waiting_alarm_per_rater_and_detector",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at", None), ("decided_by", None), ("outcome", "")),
                            models.Q(
                                models.Q(("outcome", ""), _negated=True),
                                ("decided_at__isnull", False),
                                ("decided_by__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="a_decided_alarm_says_when_and_by_whom",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="RaterFigures",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("answers", models.PositiveIntegerField(default=0)),
                ("beside", models.FloatField(null=True)),
                ("beside_low", models.FloatField(null=True)),
                ("beside_high", models.FloatField(null=True)),
                ("beside_n", models.PositiveIntegerField(default=0)),
                ("gold_right", models.PositiveIntegerField(default=0)),
                ("gold_n", models.PositiveIntegerField(default=0)),
                ("gold_share", models.FloatField(null=True)),
                ("left_share", models.FloatField(null=True)),
                ("decisive", models.PositiveIntegerField(default=0)),
                ("tie_share", models.FloatField(null=True)),
                ("seconds", models.FloatField(help_text="Median from handing out to answer.", null=True)),
                ("last_at", models.DateTimeField(null=True)),
                (
                    "project",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="rater_figures",
                        to="annotation.project",
                    ),
                ),
                (
                    "rater",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("project", "rater"), name="one_row_of_figures_per_project_and_rater"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("gold_right__lte", models.F("gold_n"))),
                        name="no_more_gold_right_than_judged",
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="raterhold",
            constraint=models.UniqueConstraint(
                condition=models.Q(("lifted_at", None)),
                fields=("project", "rater"),
                name="one_hold_at_a_time_per_rater",
            ),
        ),
        migrations.AddConstraint(
            model_name="raterhold",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason", ""), _negated=True), name="a_hold_says_why"
            ),
        ),
        migrations.AddConstraint(
            model_name="raterhold",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("held_by", None), _negated=True),
                    models.Q(("detector", ""), _negated=True),
                    _connector="OR",
                ),
                name="a_hold_is_by_a_person_or_a_named_detector",
            ),
        ),
        migrations.AddConstraint(
            model_name="raterhold",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("confirm_note", ""), ("confirmed_at", None), ("confirmed_by", None)),
                    models.Q(
                        ("confirmed_at__isnull", False),
                        ("confirmed_by__isnull", False),
                        models.Q(("confirm_note", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="confirmed_bad_work_says_when_by_whom_and_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="raterhold",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("lift_note", ""), ("lifted_at", None), ("lifted_by", None)),
                    models.Q(
                        ("lifted_at__isnull", False),
                        ("lifted_by__isnull", False),
                        models.Q(("lift_note", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="a_lifted_hold_says_when_by_whom_and_why",
            ),
        ),
        *(
            Refuse(name=f"{words}_are_never_{done}", table=f"annotation_{table}", on=on)
            for words, table, done, on in (
                ("voided_judgments", "voidedjudgment", "changed", "UPDATE"),
                ("voided_judgments", "voidedjudgment", "made_valid_again", "DELETE"),
                ("holds_of_raters", "raterhold", "taken_off_the_record", "DELETE"),
                ("alarms_of_raters", "rateralarm", "taken_off_the_record", "DELETE"),
            )
        ),
        Refuse(
            name="what_a_rater_was_told_of_a_hold_stays_as_it_was",
            table="annotation_raterhold",
            on="UPDATE",
            when="OLD.reason <> NEW.reason OR OLD.rater_id <> NEW.rater_id OR OLD.project_id <> NEW.project_id",
        ),
        Refuse(
            name="a_lifted_hold_stays_lifted",
            table="annotation_raterhold",
            on="UPDATE",
            when="OLD.lifted_at IS NOT NULL AND NEW.lifted_at IS DISTINCT FROM OLD.lifted_at",
        ),
        Refuse(
            name="confirmed_bad_work_stays_confirmed",
            table="annotation_raterhold",
            on="UPDATE",
            when="OLD.confirmed_at IS NOT NULL AND NEW.confirmed_at IS DISTINCT FROM OLD.confirmed_at",
        ),
        Refuse(
            name="what_was_decided_of_an_alarm_stays",
            table="annotation_rateralarm",
            on="UPDATE",
            when="OLD.outcome <> '' AND OLD.outcome <> NEW.outcome",
        ),
    ]
