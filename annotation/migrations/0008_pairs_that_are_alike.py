"""A comparison knows whether it is a pair of nearly the same answers. Nobody has looked at those that are there."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("annotation", "0007_comparisons_carry_a_panels_answer")]

    operations = [
        migrations.AddField(
            model_name="comparison",
            name="alike",
            field=models.BooleanField(
                help_text="Whether it is a pair of nearly the same answers (annotation.alike); null: nobody looked.",
                null=True,
            ),
        ),
    ]
