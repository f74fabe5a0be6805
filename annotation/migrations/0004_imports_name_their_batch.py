"""Which batch the judgments of an import went to."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("annotation", "0003_judgments_and_sets_are_append_only"),
    ]

    operations = [
        migrations.AddField(
            model_name="importreport",
            name="batch",
            field=models.ForeignKey(
                help_text="Where the judgments of the file are.",
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to="annotation.batch",
            ),
        ),
    ]
