"""Clients signed in as the cast."""

import pytest
from rest_framework.test import APIClient


@pytest.fixture
def signed_in():
    """signed_in(user) → an API client with that person's session."""

    def sign_in(user, *, csrf: bool = False) -> APIClient:
        client = APIClient(enforce_csrf_checks=csrf)
        client.force_login(user)
        return client

    return sign_in
