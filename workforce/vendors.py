"""Verbs about vendors: the companies through which raters come to a team. Only an admin of the team does these."""

from django.db import transaction
from django.utils.text import slugify

from workforce import auditing, roles
from workforce.errors import AssayError
from workforce.models import Membership, Role, Team, User, Vendor

SLUG_MAX = Vendor._meta.get_field("slug").max_length or 60


class VendorDoesNotFit(AssayError):
    """Only raters come through a vendor, and only through one that works for this project now. Nothing was
    changed. Choose another vendor, or none.
    """

    code = "vendor_does_not_fit"
    status = 422


class VendorNameTaken(AssayError):
    """This project has a vendor of that name already. Nothing was changed. Choose another name."""

    code = "vendor_name_taken"
    status = 409


def require_fit(*, vendor: Vendor | None, team: Team, role: Role) -> None:
    """Raise VendorDoesNotFit unless somebody may hold the role in the team through the vendor (None always fits)."""
    if vendor is not None and (role != Role.RATER or vendor.team_id != team.pk or not vendor.active):
        raise VendorDoesNotFit


@transaction.atomic
def make_vendor(*, team: Team, name: str, actor: User) -> Vendor:
    """A vendor of the team, active, known by a slug made from its name. Raises NotAllowed, VendorNameTaken."""
    roles.require(user=actor, team=team, role=Role.ADMIN)
    slug = slugify(name, allow_unicode=False)[:SLUG_MAX] or f"vendor-{team.vendors.count() + 1}"
    vendor, made = Vendor.objects.get_or_create(team=team, slug=slug, defaults={"name": name})
    if not made:
        raise VendorNameTaken
    auditing.record(
        stream=team.slug, actor=actor, verb="make_vendor", target=f"vendor:{vendor.slug}", detail={"name": name}
    )
    return vendor


@transaction.atomic
def set_vendor_active(*, vendor: Vendor, active: bool, actor: User) -> None:
    """End a vendor's work for the team, or take it up again. Counts from its raters' next request; labels stay."""
    roles.require(user=actor, team=vendor.team, role=Role.ADMIN)
    if not Vendor.objects.filter(pk=vendor.pk, active=not active).update(active=active):
        return
    verb = "take_vendor_up" if active else "end_vendor"
    auditing.record(stream=vendor.team.slug, actor=actor, verb=verb, target=f"vendor:{vendor.slug}")


@transaction.atomic
def move_member(*, membership: Membership, vendor: Vendor | None, actor: User) -> None:
    """Let a rater come through another vendor of the team, or directly. Raises NotAllowed, VendorDoesNotFit."""
    team = membership.team
    roles.require(user=actor, team=team, role=Role.ADMIN)
    membership = (
        Membership.objects.select_for_update(of=("self",)).select_related("vendor", "user").get(pk=membership.pk)
    )
    if membership.vendor == vendor:
        return
    require_fit(vendor=vendor, team=team, role=Role(membership.role))
    before, membership.vendor = membership.vendor, vendor
    membership.save(update_fields=["vendor"])
    auditing.record(
        stream=team.slug,
        actor=actor,
        verb="move_member",
        target=f"user:{membership.user.username}",
        detail={"from": before.slug if before else "", "to": vendor.slug if vendor else ""},
    )
