"""Messages: what leads write to the people of a project, and what these read and answer on their home page."""

from typing import Any

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from workforce import messaging
from workforce.models import Message, Role, Team, User
from workforce.scoping import me, page, team_of_project

THREADS_PER_PAGE = 20


class MessageForm(forms.Form):
    """A message to one rater of the team, or to all of them."""

    to = forms.ModelChoiceField(User.objects.none(), required=False, label="To", empty_label="Everybody who labels")
    body = forms.CharField(
        label="Message", max_length=messaging.BODY_MAX, widget=forms.Textarea(attrs={"rows": 4, "dir": "auto"})
    )
    pinned = forms.BooleanField(required=False, label="Read first")

    def __init__(self, *args: Any, team: Team, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        raters = User.objects.filter(memberships__team=team, memberships__role=Role.RATER).order_by("username")
        self.fields["to"].queryset = raters  # type: ignore[attr-defined]  # declared as a choice of models above


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def team_messages(request: HttpRequest, slug: str) -> HttpResponse:
    """What was said in the project, and a form to say more; what was typed comes back if it is refused."""
    team = team_of_project(request, slug, Role.LEAD)
    lead = me(request)
    form = MessageForm(request.POST or None, team=team)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        messaging.send(team=team, author=lead, body=given["body"], to=given["to"], pinned=given["pinned"])
        messages.success(request, f"Sent to {given['to'] or 'everybody who labels here'}.")
        return redirect("messages", slug=slug)
    threads = Paginator(messaging.threads(team=team, lead=lead), THREADS_PER_PAGE).get_page(request.GET.get("page"))
    context = page(team, "messages", form=form, page=threads)
    return render(request, "work/messages.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def answer(request: HttpRequest, slug: str, pk: int) -> HttpResponse:
    """A lead answers a message of the project."""
    team = team_of_project(request, slug, Role.LEAD)
    lead = me(request)
    message = _message(lead, pk)
    if message.team_id != team.pk:
        raise Http404
    messaging.reply(message=message, author=lead, body=request.POST.get("body", ""))
    messages.success(request, "Answer sent.")
    return redirect("messages", slug=slug)


@login_required
@require_POST
def read(request: HttpRequest, pk: int) -> HttpResponse:
    """The reader has read a message."""
    reader = me(request)
    messaging.mark_read(message=_message(reader, pk), user=reader)
    return redirect("work")


@login_required
@require_POST
def reply(request: HttpRequest, pk: int) -> HttpResponse:
    """A rater answers a message."""
    reader = me(request)
    messaging.reply(message=_message(reader, pk), author=reader, body=request.POST.get("body", ""))
    messages.success(request, _("Reply sent."))
    return redirect("work")


def _message(user: User, pk: int) -> Message:
    """A message that the person can see; 404 otherwise."""
    found = Message.objects.visible_to(user).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found
