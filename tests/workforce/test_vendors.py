"""Raters who come through a vendor: of this team only, moved by admins only, without work once it has ended."""

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from annotation.models import Project
from workforce import auditing, managing, roles, vendors
from workforce.errors import NotAllowed
from workforce.models import AuditEvent, Membership, Role, Team, User, Vendor
from workforce.vendors import VendorDoesNotFit, VendorNameTaken

pytestmark = pytest.mark.django_db


@pytest.fixture
def nimbus(team: Team, ada: User) -> Vendor:
    return vendors.make_vendor(team=team, name="Nimbus Data", actor=ada)


@pytest.fixture
def foreign(vic: User) -> Vendor:
    return vendors.make_vendor(team=Team.objects.get(slug="other"), name="Faraway", actor=vic)


def _of(user: User, role: Role = Role.RATER) -> Membership:
    return Membership.objects.get(user=user, role=role)


def test_a_rater_is_moved_and_moved_back(team, ada, rosa, nimbus) -> None:
    for vendor in (nimbus, None):
        vendors.move_member(membership=_of(rosa), vendor=vendor, actor=ada)
        assert _of(rosa).vendor == vendor
    events = AuditEvent.objects.filter(stream=team.slug, verb="move_member").order_by("sequence")
    assert [event.detail for event in events] == [
        {"from": "", "to": "nimbus-data"},
        {"from": "nimbus-data", "to": ""},
    ]
    assert auditing.verify_chain(stream=team.slug) is None


def test_only_an_admin_makes_ends_or_fills_a_vendor(team, lena, rosa, nimbus) -> None:
    for act in (
        lambda: vendors.make_vendor(team=team, name="Other", actor=lena),
        lambda: vendors.set_vendor_active(vendor=nimbus, active=False, actor=lena),
        lambda: vendors.move_member(membership=_of(rosa), vendor=nimbus, actor=lena),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert Vendor.objects.get().active and _of(rosa).vendor is None


def test_a_vendor_of_another_team_a_lead_and_an_ended_vendor_do_not_fit(ada, lena, rosa, nimbus, foreign) -> None:
    vendors.set_vendor_active(vendor=nimbus, active=False, actor=ada)
    nimbus.refresh_from_db()
    for membership, vendor in ((_of(rosa), foreign), (_of(rosa), nimbus), (_of(lena, Role.LEAD), nimbus)):
        with pytest.raises(VendorDoesNotFit):
            vendors.move_member(membership=membership, vendor=vendor, actor=ada)


@pytest.mark.parametrize("how", ["insert", "update"])
def test_the_database_refuses_a_vendor_of_another_team(team, rosa, foreign, how: str) -> None:
    with pytest.raises(IntegrityError, match="vendor_of_the_team"), transaction.atomic():
        if how == "insert":
            Membership.objects.create(team=team, user=User.objects.create(username="x"), role="rater", vendor=foreign)
        else:
            Membership.objects.filter(user=rosa).update(vendor=foreign)


@pytest.mark.parametrize("how", ["insert", "update"])
def test_the_database_refuses_a_lead_through_a_vendor(team, lena, rosa, nimbus, how: str) -> None:
    with pytest.raises(IntegrityError, match="only_raters"), transaction.atomic():
        if how == "insert":
            Membership.objects.create(team=team, user=rosa, role="lead", vendor=nimbus)
        else:
            Membership.objects.filter(user=lena).update(vendor=nimbus)


def test_the_database_refuses_to_move_a_vendor_to_another_team(nimbus, foreign) -> None:
    with pytest.raises(IntegrityError, match="stays_with_its_team"), transaction.atomic():
        Vendor.objects.filter(pk=nimbus.pk).update(team=foreign.team)


def test_raters_of_an_ended_vendor_hold_no_role_until_it_is_taken_up_again(team, ada, rosa, rafi, nimbus) -> None:
    vendors.move_member(membership=_of(rosa), vendor=nimbus, actor=ada)
    for active in (False, True):
        vendors.set_vendor_active(vendor=nimbus, active=active, actor=ada)
        assert roles.holds(user=rosa, team=team, role=Role.RATER) is active
        assert list(roles.teams_of(user=rosa)) == ([team.pk] if active else [])
        assert roles.holds(user=rafi, team=team, role=Role.RATER)


def test_two_vendors_of_one_name_are_one_too_many(team, ada, nimbus) -> None:
    with pytest.raises(VendorNameTaken):
        vendors.make_vendor(team=team, name="nimbus  data", actor=ada)
    assert vendors.make_vendor(team=team, name="شركة", actor=ada).slug == "vendor-2"


def test_somebody_is_admitted_through_a_vendor(team, ada, nimbus, foreign) -> None:
    managing.admit(team=team, username="new", display_name="", role=Role.RATER, actor=ada, vendor=nimbus)
    assert Membership.objects.get(user__username="new").vendor == nimbus
    with pytest.raises(VendorDoesNotFit):
        managing.admit(team=team, username="newer", display_name="", role=Role.RATER, actor=ada, vendor=foreign)
    assert not User.objects.filter(username="newer").exists()


def test_the_people_page_makes_a_vendor_and_moves_a_rater(client: Client, project: Project, ada, rosa) -> None:
    client.force_login(ada)
    address = reverse("people", args=[project.slug])
    assert "Comes through" not in client.get(address).content.decode()
    client.post(reverse("vendor-add", args=[project.slug]), {"vendor-name": "Nimbus Data"})
    client.post(reverse("people-move", args=[project.slug, _of(rosa).pk]), {"vendor": "nimbus-data"})
    assert _of(rosa).vendor.name == "Nimbus Data"
    assert '<option value="nimbus-data" selected>' in client.get(address).content.decode()
    again = client.post(reverse("vendor-add", args=[project.slug]), {"vendor-name": "Nimbus Data"})
    assert again.status_code == 422 and "of that name already" in again.content.decode()
    client.post(reverse("vendor-end", args=[project.slug, Vendor.objects.get().pk]))
    assert not Vendor.objects.get().active


@pytest.mark.parametrize(("name", "status"), [("lena", 403), ("rosa", 403), ("vic", 404)])
def test_nobody_else_posts_to_the_vendors(
    client: Client, project: Project, nimbus, rosa, request: pytest.FixtureRequest, name: str, status: int
) -> None:
    client.force_login(request.getfixturevalue(name))
    for route, args in (("vendor-add", []), ("vendor-end", [nimbus.pk]), ("people-move", [_of(rosa).pk])):
        assert client.post(reverse(route, args=[project.slug, *args]), {"vendor": ""}).status_code == status


def test_a_vendor_of_another_team_is_not_there(client: Client, project: Project, ada, rosa, foreign) -> None:
    client.force_login(ada)
    assert client.post(reverse("vendor-end", args=[project.slug, foreign.pk])).status_code == 404
    move = client.post(reverse("people-move", args=[project.slug, _of(rosa).pk]), {"vendor": foreign.slug})
    assert move.status_code == 404
