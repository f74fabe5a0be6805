"""A frozen set keeps, beside its votes, what they may teach, who said what, and how far raters are relied on."""

import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

from workforce.refusing import Refuse

APPEND_ONLY = {
    "annotation_preferencetarget": "preference_targets",
    "annotation_preferencerater": "preference_raters",
    "annotation_preferenceranking": "preference_rankings",
}


class Migration(migrations.Migration):
    dependencies = [
        ("annotation", "0013_bookmarks_keep_the_count"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="preferenceset",
            name="targets",
            field=models.JSONField(
                help_text="What its targets are made with and how they differ; null: frozen before sets had targets.",
                null=True,
            ),
        ),
        migrations.CreateModel(
            name="PreferenceRater",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.PositiveIntegerField()),
                ("answers", models.PositiveIntegerField()),
                ("accuracy", models.PositiveIntegerField(null=True)),
                ("low", models.PositiveIntegerField(null=True)),
                ("high", models.PositiveIntegerField(null=True)),
                (
                    "weight",
                    models.PositiveIntegerField(help_text="What one of their votes counts, in millionths of a vote."),
                ),
                (
                    "preference_set",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="raters",
                        to="annotation.preferenceset",
                    ),
                ),
                (
                    "rater",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "ordering": ["preference_set", "number"],
            },
        ),
        migrations.CreateModel(
            name="PreferenceRanking",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("places", models.JSONField()),
                ("partial", models.BooleanField(default=False)),
                (
                    "judgment",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="annotation.judgment"
                    ),
                ),
                (
                    "rater",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rankings",
                        to="annotation.preferencerater",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="PreferenceTarget",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("posterior_first", models.PositiveIntegerField(null=True)),
                ("posterior_tie", models.PositiveIntegerField(null=True)),
                ("posterior_second", models.PositiveIntegerField(null=True)),
                ("reliable_first", models.PositiveIntegerField()),
                ("reliable_tie", models.PositiveIntegerField()),
                ("reliable_second", models.PositiveIntegerField()),
                ("raters", models.PositiveIntegerField()),
                ("weight", models.PositiveBigIntegerField()),
                (
                    "gold",
                    models.BooleanField(
                        default=False, help_text="The posterior is the panel's answer, not the raters'."
                    ),
                ),
                (
                    "pair",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="target",
                        to="annotation.preferencepair",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="preferencerater",
            constraint=models.UniqueConstraint(
                fields=("preference_set", "number"), name="one_rater_per_set_and_number"
            ),
        ),
        migrations.AddConstraint(
            model_name="preferencerater",
            constraint=models.UniqueConstraint(fields=("preference_set", "rater"), name="a_rater_once_in_a_set"),
        ),
        migrations.AddConstraint(
            model_name="preferenceranking",
            constraint=models.UniqueConstraint(fields=("rater", "judgment"), name="a_ranking_once_in_a_set"),
        ),
        migrations.AddConstraint(
            model_name="preferencetarget",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("posterior_first", None), ("posterior_second", None), ("posterior_tie", None)),
                    models.Q(
                        (
                            "posterior_first",
                            django.db.models.expressions.CombinedExpression(
                                django.db.models.expressions.CombinedExpression(
                                    models.Value(1000000), "-", models.F("posterior_tie")
                                ),
                                "-",
                                models.F("posterior_second"),
                            ),
                        ),
                        ("posterior_first__isnull", False),
                        ("posterior_second__isnull", False),
                        ("posterior_tie__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="a_posterior_is_whole_or_not_there",
            ),
        ),
        migrations.AddConstraint(
            model_name="preferencetarget",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "reliable_first",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                models.Value(1000000), "-", models.F("reliable_tie")
                            ),
                            "-",
                            models.F("reliable_second"),
                        ),
                    )
                ),
                name="reliable_shares_are_whole",
            ),
        ),
        *(
            Refuse(name=f"{words}_are_never_{done}", table=table, on=on)
            for table, words in APPEND_ONLY.items()
            for on, done in (("UPDATE", "changed"), ("DELETE", "deleted"))
        ),
    ]
