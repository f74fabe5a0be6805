"""How often somebody does something. One short row for each person and act, which only the verb reads."""

from django.db import models


class Allowance(models.Model):
    """How much of a rate has been used, as the moment at which all of it will be free again.

    `key` is a keyed hash of what is counted and for whom, so that neither names nor addresses are kept.
    `free_at` is in seconds since 1970 by the clock of the database. It has no index: a row that is written this often
    is then rewritten in place, and only the hourly pruning looks for it.
    """

    key = models.CharField(max_length=64, primary_key=True)
    free_at = models.FloatField()
