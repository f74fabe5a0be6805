"""One person at the HTTP door: signs in by a one-time link, keeps cookies, sends CSRF tokens, speaks JSON."""

import json
from collections.abc import Iterable
from http.client import HTTPConnection, HTTPException
from http.cookies import SimpleCookie
from typing import Any
from urllib.parse import urlencode, urlsplit

from workforce.errors import AssayError


class Refused(AssayError):
    """The server refused a request."""

    code = "refused"

    def __init__(self, method: str, path: str, status: int, body: str) -> None:
        self.answer_status = status
        super().__init__(f"{method} {path} was answered {status}: {body[:1500]}")


class Person:
    """A session of its own on a kept-alive connection to `url`. Not shared between threads."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.cookies: dict[str, str] = {}
        self.connection = HTTPConnection(urlsplit(url).netloc, timeout=120)

    def sign_in(self, token: str) -> None:
        """Open the one-time link and press its button."""
        self.request("GET", f"/login/{token}/")
        self.request("POST", f"/login/{token}/", b"", "application/x-www-form-urlencoded")

    def get(self, path: str) -> Any:
        return self._json("GET", path)

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        return self._json("POST", path, json.dumps(body or {}).encode())

    def put(self, path: str, body: dict[str, Any]) -> Any:
        return self._json("PUT", path, json.dumps(body).encode())

    def upload(self, path: str, rows: Iterable[dict[str, Any]], **query: str) -> Any:
        """Send rows as JSONL."""
        body = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode()
        return self._json("POST", f"{path}?{urlencode(query)}", body, "application/x-ndjson")

    def _json(self, method: str, path: str, body: bytes | None = None, kind: str = "application/json") -> Any:
        status, text = self.request(method, f"/api/v1/{path}", body, kind)
        return json.loads(text) if text and status != 204 else None

    def request(
        self, method: str, path: str, body: bytes | None = None, kind: str = "application/json"
    ) -> tuple[int, str]:
        """Status and text; Refused for 4xx and 5xx. A connection that the server closed is opened once more."""
        headers = {"Accept": "application/json", "Referer": f"{self.url}/"}
        headers["Cookie"] = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        if body is not None:
            headers |= {"Content-Type": kind, "X-CSRFToken": self.cookies.get("csrftoken", "")}
        for last in (False, True):
            try:
                self.connection.request(method, path, body, headers)
                response = self.connection.getresponse()
                text = response.read().decode()
                break
            except (HTTPException, ConnectionError):
                self.connection.close()
                if last:
                    raise
        for header in response.headers.get_all("Set-Cookie", []):
            self.cookies |= {name: morsel.value for name, morsel in SimpleCookie(header).items()}
        if response.status >= 400:
            raise Refused(method, path, response.status, text)
        return response.status, text
