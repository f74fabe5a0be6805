"""What every API view shares: how a caller is recognised and a body is read. Routes stand in the apps' api packages."""

from typing import IO, Any

from rest_framework import authentication, exceptions, parsers, permissions
from rest_framework.request import Request

from config.scopes import AREAS
from workforce.models import ApiToken, User
from workforce.tokens import BadToken, require_scope, use_token


class SessionAuthentication(authentication.SessionAuthentication):
    """The browser's session with CSRF protection; a stranger is answered 401, not 403."""

    def authenticate_header(self, request: Request) -> str:
        return "Session"


class TokenAuthentication(authentication.BaseAuthentication):
    """`Authorization: Bearer …` of a program. A bad token is refused; it does not fall back to a session."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        word, _, secret = request.headers.get("Authorization", "").partition(" ")
        if word.lower() != "bearer":
            return None
        if not secret.isascii():
            raise BadToken
        token = use_token(secret=secret.strip())
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class WithinScope(permissions.IsAuthenticated):
    """A person who is signed in may ask for anything; a program for what the scopes of its token say."""

    def has_permission(self, request: Request, view: Any) -> bool:
        if not super().has_permission(request, view):
            return False
        if isinstance(request.auth, ApiToken):
            match = request.resolver_match
            area = AREAS.get(match.url_name or "") if match else None
            require_scope(token=request.auth, area=area, writing=request.method not in permissions.SAFE_METHODS)
        return True


class JSONParser(parsers.JSONParser):
    """JSON; what is nested so deeply that Python will not read it is malformed, and no error of ours."""

    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: Any = None) -> Any:
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise exceptions.ParseError("The JSON is nested too deeply.") from error
