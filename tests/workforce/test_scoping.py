"""Who asks: one place says it, for pages and the API, and says no to nobody."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied
from django.test import RequestFactory
from django.urls import reverse
from rest_framework.request import Request

from workforce.models import User
from workforce.scoping import me

ROOT = Path(settings.BASE_DIR)
OTHERWISE = re.compile(r"cast\(User, request\.user\)|: User = request\.user|isinstance\(request\.user, User\)$")


def test_the_signed_in_person_of_a_page_and_of_the_api() -> None:
    request, rosa = RequestFactory().get(reverse("work")), User(username="rosa")
    request.user = rosa
    assert me(request) is rosa
    api = Request(request)
    api.user = rosa
    assert me(api) is rosa


def test_nobody_is_refused() -> None:
    request = RequestFactory().get(reverse("work"))
    request.user = AnonymousUser()
    with pytest.raises(PermissionDenied):
        me(request)


def test_no_other_module_makes_a_person_of_a_request() -> None:
    apps = ("annotation", "rubrics", "workforce", "training", "config")
    paths = [path for app in apps for path in sorted((ROOT / app).rglob("*.py"))]
    texts = {str(path.relative_to(ROOT)): path.read_text(encoding="utf-8") for path in paths}
    assert [name for name, text in texts.items() if OTHERWISE.search(text)] == []
    assert [name for name, text in texts.items() if re.search(r"^def _?me\(", text, re.M)] == ["workforce/scoping.py"]
