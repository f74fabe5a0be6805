"""Items get a place in their batch's order, lanes for gold and repeats, and raters a bookmark in each batch."""

import django.db.models.deletion
import django.db.models.expressions
from django.conf import settings
from django.db import migrations, models

IN_THE_ORDER_THEY_HAD = """
    UPDATE annotation_task SET place = ranked.place
    FROM (
        SELECT id, ROW_NUMBER() OVER (PARTITION BY batch_id ORDER BY priority DESC, id) AS place FROM annotation_task
    ) AS ranked
    WHERE ranked.id = annotation_task.id
"""
SLOTS_STAND_WHERE_THEIR_ITEM_DOES = """
    UPDATE annotation_slot SET place = task.place FROM annotation_task AS task WHERE task.id = annotation_slot.task_id
"""


class Migration(migrations.Migration):
    dependencies = [
        ("annotation", "0010_batches_are_steered"),
        ("rubrics", "0005_kinds_of_criteria_and_acknowledgements"),
        ("workforce", "0010_second_step"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Bookmark",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("place", models.PositiveBigIntegerField(default=0)),
                ("returned_until", models.DateTimeField(null=True)),
                ("skills", models.CharField(blank=True, help_text="Digest of the skills held.", max_length=64)),
                ("order_epoch", models.PositiveIntegerField(default=0)),
                ("before", models.PositiveIntegerField(default=0)),
                ("turns", models.PositiveIntegerField(default=0)),
                ("golds", models.PositiveIntegerField(default=0)),
                ("repeats", models.PositiveIntegerField(default=0)),
            ],
        ),
        migrations.RemoveConstraint(
            model_name="slot",
            name="slot_number_is_within_1_and_100",
        ),
        migrations.RemoveConstraint(
            model_name="task",
            name="a_comparison_once_in_a_batch",
        ),
        migrations.RemoveIndex(
            model_name="slot",
            name="slots_in_claim_order",
        ),
        migrations.RemoveField(
            model_name="slot",
            name="priority",
        ),
        migrations.AddField(
            model_name="batch",
            name="audit_overlap",
            field=models.PositiveSmallIntegerField(blank=True, help_text="Answers per audited item.", null=True),
        ),
        migrations.AddField(
            model_name="batch",
            name="audit_share",
            field=models.PositiveSmallIntegerField(default=0, help_text="Percent of items in the audit stratum."),
        ),
        migrations.AddField(
            model_name="batch",
            name="gold_rate",
            field=models.PositiveSmallIntegerField(
                default=0, help_text="Percent of a rater's items with a known answer."
            ),
        ),
        migrations.AddField(
            model_name="batch",
            name="order_epoch",
            field=models.PositiveIntegerField(
                default=0, help_text="Counted up where many slots open again at once, so that bookmarks begin anew."
            ),
        ),
        migrations.AddField(
            model_name="batch",
            name="overlap_most",
            field=models.PositiveSmallIntegerField(
                blank=True,
                help_text="Answers at most where people are split; empty: overlap is not adaptive.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="batch",
            name="repeat_rate",
            field=models.PositiveSmallIntegerField(default=0, help_text="Percent of a rater's items shown them again."),
        ),
        migrations.AddField(
            model_name="batch",
            name="vendors",
            field=models.ManyToManyField(
                blank=True, help_text="Whose raters; none: everybody's.", related_name="+", to="workforce.vendor"
            ),
        ),
        migrations.AddField(
            model_name="slot",
            name="place",
            field=models.PositiveBigIntegerField(null=True),
        ),
        migrations.AddField(
            model_name="slot",
            name="returned_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="task",
            name="audit",
            field=models.BooleanField(
                default=False, help_text="In the audit stratum, drawn when the batch was opened."
            ),
        ),
        migrations.AddField(
            model_name="task",
            name="lane",
            field=models.CharField(
                choices=[("work", "Work"), ("gold", "Gold"), ("repeat", "Repeat")], default="work", max_length=6
            ),
        ),
        migrations.AddField(
            model_name="task",
            name="place",
            field=models.PositiveBigIntegerField(
                help_text="In the order of its batch; empty for gold and repeats.", null=True
            ),
        ),
        migrations.AddField(
            model_name="task",
            name="repeats",
            field=models.OneToOneField(
                null=True, on_delete=django.db.models.deletion.PROTECT, related_name="repeat", to="annotation.task"
            ),
        ),
        migrations.RunSQL(IN_THE_ORDER_THEY_HAD, migrations.RunSQL.noop),
        migrations.RunSQL(SLOTS_STAND_WHERE_THEIR_ITEM_DOES, migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name="slot",
            index=models.Index(fields=["batch", "state", "place", "n"], name="slots_in_claim_order"),
        ),
        migrations.AddIndex(
            model_name="slot",
            index=models.Index(
                fields=["batch", "state", "returned_at"],
                condition=models.Q(("returned_at__isnull", False)),
                name="slots_that_opened_again",
            ),
        ),
        migrations.AddConstraint(
            model_name="batch",
            constraint=models.CheckConstraint(
                condition=models.Q(("audit_share__lte", 100), ("gold_rate__lte", 50), ("repeat_rate__lte", 20)),
                name="shares_of_a_batch_are_within_bounds",
            ),
        ),
        migrations.AddConstraint(
            model_name="batch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("audit_overlap", None),
                        models.Q(("audit_overlap__gte", 1), ("audit_overlap__lte", 100)),
                        _connector="OR",
                    ),
                    models.Q(
                        ("overlap_most", None),
                        models.Q(("overlap_most__gte", 1), ("overlap_most__lte", 100)),
                        _connector="OR",
                    ),
                ),
                name="overlaps_are_within_1_and_100",
            ),
        ),
        migrations.AddConstraint(
            model_name="slot",
            constraint=models.CheckConstraint(
                condition=models.Q(("n__gte", 1), models.Q(("n__lte", 100), ("place", None), _connector="OR")),
                name="slot_number_of_work_is_within_1_and_100",
            ),
        ),
        migrations.AddConstraint(
            model_name="task",
            constraint=models.UniqueConstraint(
                condition=models.Q(("repeats", None)),
                fields=("batch", "comparison"),
                name="a_comparison_once_in_a_batch_but_for_repeats",
            ),
        ),
        migrations.AddConstraint(
            model_name="task",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("lane", "work"), ("place__isnull", False), ("repeats", None)),
                    models.Q(("audit", False), ("lane", "gold"), ("place", None), ("repeats", None)),
                    models.Q(("audit", False), ("lane", "repeat"), ("place", None), ("repeats__isnull", False)),
                    _connector="OR",
                ),
                name="only_work_has_a_place_and_repeats_say_of_what",
            ),
        ),
        migrations.AddField(
            model_name="bookmark",
            name="batch",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="bookmarks", to="annotation.batch"
            ),
        ),
        migrations.AddField(
            model_name="bookmark",
            name="rater",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE, related_name="bookmarks", to=settings.AUTH_USER_MODEL
            ),
        ),
        migrations.AddConstraint(
            model_name="bookmark",
            constraint=models.UniqueConstraint(fields=("batch", "rater"), name="one_bookmark_per_batch_and_rater"),
        ),
        migrations.AddConstraint(
            model_name="bookmark",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "turns__gte",
                        django.db.models.expressions.CombinedExpression(models.F("golds"), "+", models.F("repeats")),
                    )
                ),
                name="golds_and_repeats_are_among_the_turns",
            ),
        ),
    ]
