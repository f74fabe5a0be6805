"""Pages about people: sign-in, members, messages, how distressing work was, the audit log."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from workforce import (
    account_views,
    message_views,
    person_views,
    second_step_views,
    sign_in_views,
    token_views,
    vendor_views,
    views,
    wellbeing_views,
)

urlpatterns = [
    path("", views.home, name="home"),
    path("login/", sign_in_views.sign_in, name="login"),
    path("login/<str:token>/", sign_in_views.login_link, name="login-link"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("account/", account_views.account, name="account"),
    path("account/password/", account_views.password, name="account-password"),
    path("account/sign-out-elsewhere/", account_views.sign_out_elsewhere, name="account-sign-out"),
    path("account/second-step/", second_step_views.pass_it, name="second-step"),
    path("account/second-step/set-up/", second_step_views.set_up, name="second-step-set-up"),
    path("account/second-step/off/", second_step_views.switch_off, name="second-step-off"),
    path("p/<slug:slug>/people/", views.members, name="people"),
    path("p/<slug:slug>/people/add/", views.add_member, name="people-add"),
    path("p/<slug:slug>/people/<int:pk>/", person_views.person, name="person"),
    path("p/<slug:slug>/people/<int:pk>/link/", person_views.link, name="people-link"),
    path("p/<slug:slug>/people/<int:pk>/disable/", person_views.disable, name="person-disable"),
    path("p/<slug:slug>/people/<int:pk>/second-step/", person_views.reset_second_step, name="person-second-step"),
    path("p/<slug:slug>/people/<int:pk>/enable/", person_views.enable, name="person-enable"),
    path("p/<slug:slug>/people/roles/<int:pk>/remove/", views.remove_member, name="people-remove"),
    path("p/<slug:slug>/people/roles/<int:pk>/vendor/", vendor_views.move_member, name="people-move"),
    path("p/<slug:slug>/people/vendors/add/", vendor_views.add_vendor, name="vendor-add"),
    path(
        "p/<slug:slug>/people/vendors/<int:pk>/end/", vendor_views.switch_vendor, {"active": False}, name="vendor-end"
    ),
    path(
        "p/<slug:slug>/people/vendors/<int:pk>/resume/",
        vendor_views.switch_vendor,
        {"active": True},
        name="vendor-resume",
    ),
    path("p/<slug:slug>/tokens/", token_views.token_list, name="tokens"),
    path("p/<slug:slug>/tokens/<int:pk>/revoke/", token_views.revoke, name="token-revoke"),
    path("p/<slug:slug>/messages/", message_views.team_messages, name="messages"),
    path("p/<slug:slug>/messages/<int:pk>/answer/", message_views.answer, name="message-answer"),
    path("work/messages/<int:pk>/read", message_views.read, name="message-read"),
    path("work/messages/<int:pk>/reply", message_views.reply, name="message-reply"),
    path("wellbeing/", wellbeing_views.check_ins, name="check-ins"),
    path("p/<slug:slug>/audit/", views.audit, name="audit"),
    path("p/<slug:slug>/audit/verify/", views.audit_verify, name="audit-verify"),
]
