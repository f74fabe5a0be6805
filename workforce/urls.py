"""Pages about people: sign-in, members, the audit log."""

from django.contrib.auth.views import LoginView, LogoutView
from django.urls import path

from workforce import views
from workforce.forms import SignInForm

urlpatterns = [
    path("", views.home, name="home"),
    path(
        "login/",
        LoginView.as_view(
            template_name="workforce/login.html", authentication_form=SignInForm, redirect_authenticated_user=True
        ),
        name="login",
    ),
    path("login/<str:token>/", views.login_link, name="login-link"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("p/<slug:slug>/people/", views.members, name="people"),
    path("p/<slug:slug>/people/add/", views.add_member, name="people-add"),
    path("p/<slug:slug>/people/<int:pk>/link/", views.member_link, name="people-link"),
    path("p/<slug:slug>/people/roles/<int:pk>/remove/", views.remove_member, name="people-remove"),
    path("p/<slug:slug>/audit/", views.audit, name="audit"),
    path("p/<slug:slug>/audit/verify/", views.audit_verify, name="audit-verify"),
]
