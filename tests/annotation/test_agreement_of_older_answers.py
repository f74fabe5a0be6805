"""Upgrading fills in what items are cut by, and counts the answers that were there before patterns were kept."""

from importlib import import_module
from types import SimpleNamespace

import pytest
from django.apps import apps
from django.db import connection

from annotation import assigning, ranked
from annotation.models import AgreementPattern, ItemSpread, RankingSum, Task
from annotation.pairs import lengths_of
from tests.annotation.counts import kept, slowly
from tests.annotation.makers import answer, make_batch, make_comparison

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("texts", "said"),
    [(["", ""], "close"), (["a" * 10, "b" * 12], "close"), (["é" * 16, "b" * 10], "apart"), (["a", ""], "far")],
)
def test_lengths_are_compared_in_characters(texts, said):
    assert lengths_of(texts=texts) == said
    assert lengths_of(texts=texts[:1]) is None and lengths_of(texts=[*texts, "c"]) is None


def test_items_and_answers_from_before(project, lena, rubric_version, rafi, rosa):
    batch = make_batch(project, lena, rubric_version, tasks=3)
    make_batch(project, lena, rubric_version, tasks=1, kind="ranking", responses=4)
    make_comparison(project, "unused", ["a", "b"])
    for rater in (rafi, rosa):
        for value in (1, 4, 7):
            answer(assigning.claim_next(batch=batch, rater=rater), value=value)
    before = kept(project)
    items = list(Task.objects.order_by("pk").values_list("pk", "lengths", "model_pair"))
    assert {pair for _, _, pair in items} == {"model-0 | model-1", None}
    AgreementPattern.objects.all().delete()
    Task.objects.update(lengths=None, model_pair=None)
    migration = import_module("annotation.migrations.0017_agreement_is_counted")
    migration.count(apps, SimpleNamespace(connection=connection))
    assert list(Task.objects.order_by("pk").values_list("pk", "lengths", "model_pair")) == items
    assert kept(project) == before == slowly(project)


def test_orders_and_spreads_of_answers_from_before(project, lena, rubric_version, rafi, rosa):
    orders = make_batch(project, lena, rubric_version, tasks=2, kind="ranking", responses=3)
    pairs = make_batch(project, lena, rubric_version, tasks=2)
    for rater in (rafi, rosa):
        for ranking in ([1, 2, 3], [2, 1, 1]):
            answer(assigning.claim_next(batch=orders, rater=rater), ranking=ranking)
        for value in (1, 7):
            answer(assigning.claim_next(batch=pairs, rater=rater), value=value)
    sums = {key: row.tolist() for key, row in ranked.kept_sums(project=project).items()}
    spreads = set(ItemSpread.objects.values_list("task", "project", "priority", "spread"))
    assert sums and len(spreads) == 4
    RankingSum.objects.all().delete()
    ItemSpread.objects.all().delete()
    migration = import_module("annotation.migrations.0020_more_of_agreement_is_kept")
    migration.count(apps, SimpleNamespace(connection=connection))
    assert {key: row.tolist() for key, row in ranked.kept_sums(project=project).items()} == sums
    assert set(ItemSpread.objects.values_list("task", "project", "priority", "spread")) == spreads
