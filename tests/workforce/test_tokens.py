"""API tokens: kept as a hash, within their scopes and one team, for leads only, and dead the moment any of it ends."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse
from django.utils import timezone
from rest_framework.test import APIClient

from annotation.models import Project
from config.scopes import AREAS
from tests.annotation.makers import make_batch
from workforce import accounts, auditing, managing, people, roles, tokens
from workforce.errors import NotAllowed
from workforce.models import ApiToken, AuditEvent, Role, Team, User
from workforce.tokens import SCOPES, BadToken, NoSuchScope

pytestmark = pytest.mark.django_db
SETS = "/api/v1/projects/helpful/prompt-sets"


@pytest.fixture
def secret(team: Team, lena: User, project: Project) -> str:
    return tokens.make_token(team=team, name="nightly", scopes=["data:read"], days=30, actor=lena)[1]


def _client(secret: str, **headers: str) -> APIClient:
    client = APIClient(enforce_csrf_checks=True)
    client.credentials(HTTP_AUTHORIZATION=f"Bearer {secret}", **headers)
    return client


def test_it_opens_what_its_scope_says_without_a_csrf_token(team, lena, project) -> None:
    secret = tokens.make_token(team=team, name="x", scopes=["data:write"], days=7, actor=lena)[1]
    client = _client(secret)
    assert client.get(SETS).status_code == 200
    row = '{"id": "p1", "prompt": "Can I freeze rice?"}'
    path = "/api/v1/projects/helpful/imports?kind=prompts&name=a.jsonl&prompt_set=Kitchen"
    answer = client.generic("POST", path, row, content_type="application/x-ndjson")
    assert answer.status_code == 201, answer.content
    assert project.prompts.count() == 1


def test_the_secret_is_kept_nowhere(secret: str) -> None:
    stored = str(list(ApiToken.objects.values())) + str(list(AuditEvent.objects.values()))
    assert secret not in stored and secret[:14] not in stored
    assert len(secret) >= 6 + 43  # 256 bits in base64


def test_reading_does_not_write(secret: str, project) -> None:
    answer = _client(secret).post("/api/v1/projects/helpful/imports?kind=prompts", {}, format="json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (403, "scope_missing")
    assert answer.json()["error"]["fields"] == {"scope": "data:write"}


def _api_routes() -> dict[str, str]:
    found: dict[str, str] = {}

    def walk(resolver: URLResolver, place: str) -> None:
        for pattern in resolver.url_patterns:
            here = place + str(pattern.pattern)
            if isinstance(pattern, URLResolver):
                walk(pattern, here)
            elif isinstance(pattern, URLPattern) and here.startswith("api/") and pattern.name != "api-schema":
                found[str(pattern.name)] = here

    walk(get_resolver(), "")
    return found


def test_every_address_of_the_api_has_its_area_and_no_other_is_listed() -> None:
    assert set(AREAS) == set(_api_routes())
    assert {area for area in AREAS.values() if area} == {scope.partition(":")[0] for scope in SCOPES}


@pytest.mark.parametrize("route", sorted(AREAS))
@pytest.mark.parametrize("way", ["read", "write"])
def test_no_other_scope_opens_an_address(team, ada, project, route: str, way: str) -> None:
    """With every scope but its own, whatever the method, each address is refused before it looks at anything."""
    area = AREAS[route]
    others = [
        scope for scope in SCOPES if scope != f"{area}:{way}" and not (way == "read" and scope == f"{area}:write")
    ]
    client = _client(tokens.make_token(team=team, name="x", scopes=others, days=7, actor=ada)[1])
    pattern = _api_routes()[route]
    values = {"int": 1, "uuid": "7b89b1e8-f20c-432b-83b3-9fcfffe1ca3e", "slug": "helpful"}
    kwargs = {part.split(">")[0].split(":")[1]: values[part.split(":")[0]] for part in pattern.split("<")[1:]}
    path = reverse(route, kwargs=kwargs)
    for method in ("get", "options") if way == "read" else ("post", "put", "patch", "delete"):
        answer = getattr(client, method)(path, {}, format="json")
        assert answer.status_code in (403, 405), (method, answer.content)
        if answer.status_code == 403:
            assert answer.json()["error"]["code"] == "scope_missing"


def test_no_token_labels_even_for_a_lead_who_is_a_rater_too(team, lena, project, rubric_version) -> None:
    batch = make_batch(project, lena, rubric_version)
    people.add_member(team=team, username="lena", role=Role.RATER, actor=None)
    secret = tokens.make_token(team=team, name="x", scopes=SCOPES, days=7, actor=lena)[1]
    assert _client(secret).post(f"/api/v1/batches/{batch.pk}/claim", {}, format="json").status_code == 403
    token = tokens.use_token(secret=secret)
    assert not roles.holds(user=token.user, team=team, role=Role.RATER)
    assert roles.holds(user=token.user, team=team, role=Role.LEAD)


def test_raters_make_none(team, rosa) -> None:
    with pytest.raises(NotAllowed):
        tokens.make_token(team=team, name="x", scopes=["data:read"], days=7, actor=rosa)


@pytest.mark.parametrize(("scopes", "days"), [([], 7), (["data:admin"], 7), (["rubrics:write"], 7), (["data:read"], 0)])
def test_no_scope_beyond_those_offered_and_no_end_beyond_a_year(team, lena, scopes: list[str], days: int) -> None:
    with pytest.raises(NoSuchScope):
        tokens.make_token(team=team, name="x", scopes=scopes, days=days, actor=lena)


@pytest.mark.parametrize(
    "end", ["revoked", "expired", "demoted", "removed", "disabled", "disabled and enabled", "wrong", "empty", "odd"]
)
def test_it_stops_at_once(team, ada, lena, secret: str, end: str) -> None:
    client = _client(secret)
    assert client.get(SETS).status_code == 200
    token = ApiToken.objects.get()
    if end == "revoked":
        tokens.revoke_token(token=token, actor=lena)
    elif end == "expired":
        ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    elif end == "demoted":
        managing.dismiss(team=team, user=lena, role=Role.LEAD, actor=ada)
        people.add_member(team=team, username="lena", role=Role.RATER, actor=ada)
    elif end == "removed":
        managing.dismiss(team=team, user=lena, role=Role.LEAD, actor=ada)
    elif end.startswith("disabled"):
        accounts.disable(team=team, user=lena, actor=ada)
        if end.endswith("enabled"):
            accounts.enable(team=team, user=lena, actor=ada)
    else:
        client = _client({"wrong": secret[:-1] + "_", "empty": "", "odd": "رمز".encode().decode("latin-1")}[end])
    answer = client.get(SETS)
    assert (answer.status_code, answer.json()["error"]["code"]) == (401, "bad_token")
    assert answer.headers["WWW-Authenticate"] == "Bearer"


def test_a_bad_token_does_not_fall_back_to_the_session(lena, project) -> None:
    client = _client("assay_no")
    client.force_login(lena)
    assert client.get(SETS).status_code == 401


def test_it_is_nobody_in_another_team_of_its_maker(vic, secret: str, lena) -> None:
    other = Team.objects.get(slug="other")
    rubric = other.rubrics.create(slug="r", name="R")
    Project.objects.create(slug="other", name="Other", team=other, rubric=rubric)
    people.add_member(team=other, username="lena", role=Role.ADMIN, actor=vic)
    mine = APIClient()
    mine.force_login(lena)
    there = "/api/v1/projects/other/prompt-sets"
    assert mine.get(there).status_code == 200
    missing = _client(secret).get("/api/v1/projects/no-such/prompt-sets")
    assert (_client(secret).get(there).status_code, missing.status_code) == (404, 404)
    assert _client(secret).get(there).content == missing.content


def test_a_token_opens_no_page(secret: str) -> None:
    assert Client(headers={"Authorization": f"Bearer {secret}"}).get("/account/").status_code == 302


def test_its_use_is_noted_once_a_minute(secret: str, django_assert_max_num_queries) -> None:
    tokens.use_token(secret=secret)
    first = ApiToken.objects.get().last_used_at
    tokens.use_token(secret=secret)
    assert first is not None and ApiToken.objects.get().last_used_at == first
    ApiToken.objects.update(last_used_at=first - timedelta(seconds=61))
    tokens.use_token(secret=secret)
    assert ApiToken.objects.get().last_used_at >= first


def test_who_revokes_what(team, ada, lena, rosa, vic, secret: str) -> None:
    token = ApiToken.objects.get()
    other = people.add_member(team=team, username="leo", role=Role.LEAD, actor=ada)
    for stranger in (other, rosa, vic):
        with pytest.raises(NotAllowed):
            tokens.revoke_token(token=token, actor=stranger)
    tokens.revoke_token(token=token, actor=ada)
    with pytest.raises(BadToken):
        tokens.use_token(secret=secret)
    verbs = list(AuditEvent.objects.filter(target=f"token:{token.prefix}").values_list("verb", flat=True))
    assert sorted(verbs) == ["make_token", "revoke_token"]
    assert auditing.verify_chain(stream=team.slug) is None


@pytest.mark.parametrize(("name", "status"), [("ada", 200), ("lena", 200), ("rosa", 403), ("vic", 404)])
def test_who_sees_the_page(client: Client, project, request: pytest.FixtureRequest, name: str, status: int) -> None:
    client.force_login(request.getfixturevalue(name))
    assert client.get(reverse("tokens", args=["helpful"])).status_code == status


def test_a_lead_sees_their_own_and_an_admin_all(client: Client, project, ada, lena, secret: str) -> None:
    tokens.make_token(team=project.team, name="of ada", scopes=["data:read"], days=7, actor=ada)
    address = reverse("tokens", args=["helpful"])
    for person, shown in ((lena, ["nightly"]), (ada, ["of ada", "nightly"])):
        client.force_login(person)
        assert [token.name for token in client.get(address).context["tokens"]] == shown
    client.force_login(lena)
    of_ada = ApiToken.objects.get(name="of ada")
    assert client.post(reverse("token-revoke", args=["helpful", of_ada.pk])).status_code == 404


def test_the_page_shows_the_secret_once_and_it_works(client: Client, project, lena) -> None:
    client.force_login(lena)
    address = reverse("tokens", args=["helpful"])
    made = client.post(address, {"name": "nightly", "scopes": ["data:read"], "days": "30"})
    secret = made.context["secret"]
    assert secret in made.content.decode() and "no-store" in made.headers["Cache-Control"]
    assert secret not in client.get(address).content.decode()
    assert _client(secret).get(SETS).status_code == 200
    assert client.post(address, {"name": "", "days": "30"}).status_code == 422
