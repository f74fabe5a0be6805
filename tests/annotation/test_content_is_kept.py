"""The database itself keeps prompts and responses as they were imported."""

import pytest
from django.db import DatabaseError, transaction

from annotation.models import Prompt, Response
from tests.annotation.makers import make_comparison

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("model", "change"),
    [
        (Prompt, {"messages": [{"role": "user", "content": "Something else?"}]}),
        (Prompt, {"digest": "0" * 64}),
        (Response, {"text": "Something else."}),
        (Response, {"digest": "0" * 64}),
        (Response, {"model_tag": "another"}),
    ],
)
def test_content_is_never_changed(project, model, change):
    make_comparison(project, "c", ["one", "two"])
    with pytest.raises(DatabaseError, match="never_changed"), transaction.atomic():
        model.objects.filter(pk=model.objects.order_by("pk").first().pk).update(**change)


def test_what_is_no_content_may_change(project):
    prompt = make_comparison(project, "c", ["one", "two"]).prompt
    prompt.source = "kitchen"
    prompt.save()
    prompt.refresh_from_db()
    assert prompt.source == "kitchen"
