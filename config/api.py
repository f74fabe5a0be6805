"""What every API view shares: how a caller is recognised and a body is read. Routes stand in the apps' api packages."""

from typing import IO, Any

from rest_framework import authentication, exceptions, parsers
from rest_framework.request import Request


class SessionAuthentication(authentication.SessionAuthentication):
    """The browser's session with CSRF protection; a stranger is answered 401, not 403."""

    def authenticate_header(self, request: Request) -> str:
        return "Session"


class JSONParser(parsers.JSONParser):
    """JSON; what is nested so deeply that Python will not read it is malformed, and no error of ours."""

    def parse(self, stream: IO[Any], media_type: str | None = None, parser_context: Any = None) -> Any:
        try:
            return super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise exceptions.ParseError("The JSON is nested too deeply.") from error
