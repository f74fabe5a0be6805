import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

from workforce.refusing import Lift, rules_in

RULES = rules_in(
    "rubrics.migrations.0003_published_versions_are_frozen",
    "rubrics.migrations.0004_nothing_moves_into_a_published_version",
)


class Migration(migrations.Migration):
    dependencies = [
        ("rubrics", "0004_nothing_moves_into_a_published_version"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        Lift(*RULES),
        migrations.AddField(
            model_name="criterion",
            name="kind",
            field=models.CharField(
                choices=[
                    ("scale", "Scale of two to seven points"),
                    ("rule", "Yes or no"),
                    ("checklist", "Checklist with weights"),
                    ("compare", "Which side is better"),
                ],
                default="scale",
                max_length=9,
            ),
        ),
        migrations.AddField(
            model_name="criterion",
            name="not_applicable",
            field=models.BooleanField(default=False, help_text="A rater may say that the question does not apply."),
        ),
        migrations.AddField(
            model_name="criterion",
            name="shown_when",
            field=models.CharField(blank=True, max_length=80),
        ),
        migrations.AddField(
            model_name="criterion",
            name="weight",
            field=models.FloatField(default=1.0),
        ),
        migrations.AddField(
            model_name="scorepoint",
            name="weight",
            field=models.SmallIntegerField(default=0, help_text="What a met point of a checklist adds, or takes away."),
        ),
        migrations.CreateModel(
            name="Acknowledgement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("check_answer", models.JSONField(default=dict)),
                ("at", models.DateTimeField(auto_now_add=True)),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="acknowledgements",
                        to="rubrics.rubricversion",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("version", "user"), name="one_acknowledgement_per_version_and_person"
                    )
                ],
            },
        ),
        *RULES,
    ]
