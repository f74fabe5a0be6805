"""What every API view shares: how a caller is recognised. Routes stand in the apps' api packages."""

from rest_framework import authentication
from rest_framework.request import Request


class SessionAuthentication(authentication.SessionAuthentication):
    """The browser's session with CSRF protection; a stranger is answered 401, not 403."""

    def authenticate_header(self, request: Request) -> str:
        return "Session"
