"""How much of a rate has been used."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workforce", "0007_accounts")]

    operations = [
        migrations.CreateModel(
            name="Allowance",
            fields=[
                ("key", models.CharField(max_length=64, primary_key=True, serialize=False)),
                ("free_at", models.FloatField()),
            ],
        ),
    ]
