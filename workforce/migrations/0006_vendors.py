"""Raters may come through a vendor of their team."""

import django.db.models.deletion
from django.db import migrations, models

from workforce.refusing import Refuse

FOREIGN = "(SELECT team_id FROM workforce_vendor WHERE id = NEW.vendor_id) IS DISTINCT FROM NEW.team_id"


class Migration(migrations.Migration):
    dependencies = [("workforce", "0005_time_says_when_it_began")]

    operations = [
        migrations.CreateModel(
            name="Vendor",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slug", models.SlugField(max_length=60)),
                ("name", models.CharField(max_length=120)),
                ("active", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="vendors", to="workforce.team"
                    ),
                ),
            ],
            options={
                "ordering": ["name", "pk"],
                "constraints": [
                    models.UniqueConstraint(fields=("team", "slug"), name="one_vendor_per_team_and_slug"),
                ],
            },
        ),
        migrations.AddField(
            model_name="membership",
            name="vendor",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="memberships",
                to="workforce.vendor",
            ),
        ),
        *(
            Refuse(
                name=f"a_member_comes_through_a_vendor_of_the_team_on_{on.lower()}",
                table="workforce_membership",
                on=on,
                when=f"NEW.vendor_id IS NOT NULL AND {FOREIGN}",
            )
            for on in ("INSERT", "UPDATE")
        ),
        *(
            Refuse(
                name=f"only_raters_come_through_a_vendor_on_{on.lower()}",
                table="workforce_membership",
                on=on,
                when="NEW.vendor_id IS NOT NULL AND NEW.role <> 'rater'",
            )
            for on in ("INSERT", "UPDATE")
        ),
        Refuse(
            name="a_vendor_stays_with_its_team",
            table="workforce_vendor",
            on="UPDATE",
            when="NEW.team_id IS DISTINCT FROM OLD.team_id",
        ),
    ]
