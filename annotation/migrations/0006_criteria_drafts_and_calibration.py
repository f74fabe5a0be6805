import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from workforce.refusing import Lift, Refuse, rules_in

RULES = rules_in(
    "annotation.migrations.0003_judgments_and_sets_are_append_only",
    "annotation.migrations.0005_content_is_never_rewritten",
)


class Migration(migrations.Migration):
    dependencies = [
        ("annotation", "0005_content_is_never_rewritten"),
        ("rubrics", "0005_kinds_of_criteria_and_acknowledgements"),
        ("workforce", "0003_skills_time_messages_and_preferences"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        Lift(*RULES),
        migrations.CreateModel(
            name="Challenge",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("note", models.TextField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name="CriterionScore",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("position", models.PositiveSmallIntegerField(help_text="Canonical position in the task.", null=True)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("scored", "Scored"),
                            ("none", "None of the points is met"),
                            ("compared", "Compared"),
                            ("not_applicable", "Does not apply"),
                        ],
                        max_length=14,
                    ),
                ),
                ("side", models.SmallIntegerField(null=True)),
            ],
            options={
                "ordering": ["judgment", "criterion__position", "position", "point__value"],
            },
        ),
        migrations.CreateModel(
            name="Draft",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("submission", models.UUIDField(help_text="The key under which the finished answer will come.")),
                ("content", models.JSONField(default=dict)),
                ("active_ms", models.PositiveIntegerField(default=0)),
                ("saved_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="PanelAnswer",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("answer", models.JSONField()),
                ("note", models.TextField()),
                ("look_for", models.CharField(blank=True, max_length=300)),
                ("decided_by", models.CharField(blank=True, max_length=80)),
                ("critical", models.BooleanField(default=False, help_text="Missing this one fails the round.")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="flag",
            name="one_flag_per_judgment_and_kind",
        ),
        migrations.AddField(
            model_name="assignment",
            name="begun_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="batch",
            name="best_worst",
            field=models.BooleanField(default=False, help_text="Ask for the best and the worst only (six or more)."),
        ),
        migrations.AddField(
            model_name="batch",
            name="category",
            field=models.CharField(
                blank=True,
                choices=[
                    ("self_harm", "Self-harm"),
                    ("violence", "Violence"),
                    ("sexual", "Sexual content"),
                    ("hate", "Hate and harassment"),
                    ("other", "Other distressing content"),
                ],
                help_text="Of distressing content.",
                max_length=9,
            ),
        ),
        migrations.AddField(
            model_name="batch",
            name="fast",
            field=models.BooleanField(
                default=False, help_text="A grade sends itself; only where nothing else is asked."
            ),
        ),
        migrations.AddField(
            model_name="batch",
            name="grants",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="workforce.skill",
            ),
        ),
        migrations.AddField(
            model_name="batch",
            name="improving",
            field=models.BooleanField(default=False, help_text="Raters may improve the answer they preferred."),
        ),
        migrations.AddField(
            model_name="batch",
            name="mode",
            field=models.CharField(
                choices=[("work", "Work"), ("calibration", "Calibration")], default="work", max_length=11
            ),
        ),
        migrations.AddField(
            model_name="batch",
            name="pass_at",
            field=models.PositiveSmallIntegerField(
                blank=True, help_text="Right answers wanted for the skill.", null=True
            ),
        ),
        migrations.AddField(
            model_name="batch",
            name="pause_reason",
            field=models.CharField(blank=True, max_length=500),
        ),
        migrations.AddField(
            model_name="batch",
            name="reason_share",
            field=models.PositiveSmallIntegerField(default=0, help_text="Percent of items that need a reason."),
        ),
        migrations.AddField(
            model_name="batch",
            name="requires",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="workforce.skill",
            ),
        ),
        migrations.AddField(
            model_name="batch",
            name="severity",
            field=models.CharField(
                blank=True, choices=[("mild", "Mild"), ("moderate", "Moderate"), ("severe", "Severe")], max_length=8
            ),
        ),
        migrations.AddField(
            model_name="batch",
            name="show_words",
            field=models.BooleanField(default=False, help_text="Show how long each answer is."),
        ),
        migrations.AddField(
            model_name="batch",
            name="with_criteria",
            field=models.BooleanField(default=False, help_text="Ask the rubric's criteria before the verdict."),
        ),
        migrations.AddField(
            model_name="demonstration",
            name="base",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="annotation.response"
            ),
        ),
        migrations.AddField(
            model_name="demonstration",
            name="checks",
            field=models.JSONField(default=list),
        ),
        migrations.AddField(
            model_name="demonstration",
            name="idle_ms",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="demonstration",
            name="offline_ms",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="demonstration",
            name="pasted",
            field=models.BooleanField(default=False, help_text="Text was pasted, so that reviewers check its source."),
        ),
        migrations.AddField(
            model_name="demonstration",
            name="surplus",
            field=models.BooleanField(default=False, help_text="Given after the slot had gone to somebody else."),
        ),
        migrations.AddField(
            model_name="flag",
            name="severity",
            field=models.CharField(choices=[("low", "Low"), ("high", "High")], default="low", max_length=4),
        ),
        migrations.AddField(
            model_name="flag",
            name="target",
            field=models.CharField(default="item", max_length=6),
        ),
        migrations.AddField(
            model_name="judgment",
            name="best_worst",
            field=models.BooleanField(default=False, help_text="Only the best and the worst were chosen."),
        ),
        migrations.AddField(
            model_name="judgment",
            name="client_version",
            field=models.CharField(blank=True, max_length=40),
        ),
        migrations.AddField(
            model_name="judgment",
            name="diff_used",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="judgment",
            name="idle_ms",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="judgment",
            name="improved",
            field=models.ForeignKey(
                help_text="The preferred response, improved.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="annotation.response",
            ),
        ),
        migrations.AddField(
            model_name="judgment",
            name="inputs",
            field=models.JSONField(default=dict, help_text="How many keys, pointer and touch inputs; nothing finer."),
        ),
        migrations.AddField(
            model_name="judgment",
            name="offline_ms",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AddField(
            model_name="judgment",
            name="quotes",
            field=models.JSONField(default=list, help_text="[{position, block, text}]: evidence in the responses."),
        ),
        migrations.AddField(
            model_name="judgment",
            name="seen",
            field=models.JSONField(default=list, help_text="Share of each response that was in view, as displayed."),
        ),
        migrations.AddField(
            model_name="judgment",
            name="surplus",
            field=models.BooleanField(default=False, help_text="Given after the slot had gone to somebody else."),
        ),
        migrations.AddField(
            model_name="placement",
            name="acceptable",
            field=models.BooleanField(help_text="Above the rater's line of what can be sent, if drawn.", null=True),
        ),
        migrations.AddField(
            model_name="response",
            name="author",
            field=models.ForeignKey(
                help_text="Who improved it.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="response",
            name="improves",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="improvements",
                to="annotation.response",
            ),
        ),
        migrations.AddField(
            model_name="task",
            name="rubric_version",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="rubrics.rubricversion"
            ),
        ),
        migrations.AddField(
            model_name="task",
            name="words",
            field=models.PositiveIntegerField(default=0),
        ),
        migrations.AlterField(
            model_name="assignment",
            name="state",
            field=models.CharField(
                choices=[
                    ("leased", "Leased"),
                    ("submitted", "Submitted"),
                    ("released", "Released"),
                    ("expired", "Expired"),
                    ("surplus", "Answered after somebody else"),
                ],
                default="leased",
                max_length=9,
            ),
        ),
        migrations.AlterField(
            model_name="batch",
            name="kind",
            field=models.CharField(
                choices=[
                    ("pairwise", "Pairwise"),
                    ("ranking", "Ranking"),
                    ("rating", "Rating"),
                    ("demonstration", "Demonstration"),
                ],
                max_length=15,
            ),
        ),
        migrations.AddConstraint(
            model_name="batch",
            constraint=models.CheckConstraint(
                condition=models.Q(("reason_share__lte", 100)), name="reasons_are_wanted_of_at_most_all_items"
            ),
        ),
        migrations.AddConstraint(
            model_name="batch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("category", ""), ("severity", "")),
                    models.Q(models.Q(("category", ""), _negated=True), models.Q(("severity", ""), _negated=True)),
                    _connector="OR",
                ),
                name="distressing_content_has_a_severity",
            ),
        ),
        migrations.AddConstraint(
            model_name="flag",
            constraint=models.UniqueConstraint(
                fields=("judgment", "kind", "target"), name="one_flag_per_judgment_kind_and_target"
            ),
        ),
        migrations.AddField(
            model_name="challenge",
            name="judgment",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="challenge", to="annotation.judgment"
            ),
        ),
        migrations.AddField(
            model_name="criterionscore",
            name="criterion",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="+", to="rubrics.criterion"
            ),
        ),
        migrations.AddField(
            model_name="criterionscore",
            name="judgment",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="scores", to="annotation.judgment"
            ),
        ),
        migrations.AddField(
            model_name="criterionscore",
            name="point",
            field=models.ForeignKey(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="rubrics.scorepoint"
            ),
        ),
        migrations.AddField(
            model_name="draft",
            name="assignment",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.CASCADE, related_name="draft", to="annotation.assignment"
            ),
        ),
        migrations.AddField(
            model_name="panelanswer",
            name="task",
            field=models.OneToOneField(
                on_delete=django.db.models.deletion.PROTECT, related_name="panel_answer", to="annotation.task"
            ),
        ),
        migrations.AddConstraint(
            model_name="criterionscore",
            constraint=models.UniqueConstraint(
                condition=models.Q(("point__isnull", False)),
                fields=("judgment", "criterion", "position", "point"),
                name="a_point_is_given_once_per_judgment_criterion_and_response",
            ),
        ),
        migrations.AddConstraint(
            model_name="criterionscore",
            constraint=models.UniqueConstraint(
                condition=models.Q(("point__isnull", True), ("position__isnull", False)),
                fields=("judgment", "criterion", "position"),
                name="no_point_is_said_once_per_judgment_criterion_and_response",
            ),
        ),
        migrations.AddConstraint(
            model_name="criterionscore",
            constraint=models.UniqueConstraint(
                condition=models.Q(("position__isnull", True)),
                fields=("judgment", "criterion"),
                name="one_score_of_the_pair_per_judgment_and_criterion",
            ),
        ),
        migrations.AddConstraint(
            model_name="criterionscore",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("outcome", "scored"), ("point__isnull", False), ("side__isnull", True)),
                    models.Q(("outcome", "compared"), ("point__isnull", True), ("side__in", [-1, 0, 1])),
                    models.Q(
                        ("outcome__in", ["none", "not_applicable"]), ("point__isnull", True), ("side__isnull", True)
                    ),
                    _connector="OR",
                ),
                name="a_score_holds_what_its_outcome_needs",
            ),
        ),
        *RULES,
        *(
            Refuse(name=f"{words}_are_never_{done}", table=table, on=on)
            for table, words in (
                ("annotation_criterionscore", "criterion_scores"),
                ("annotation_challenge", "challenges"),
                ("annotation_panelanswer", "panel_answers"),
            )
            for on, done in (("UPDATE", "changed"), ("DELETE", "deleted"))
        ),
    ]
