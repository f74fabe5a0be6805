"""Headers that Django's own middleware does not set: nothing private is kept by a cache, no device is asked for."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

# Everything that a page could ask the browser for and ours never do.
NOT_ASKED_FOR = (
    "accelerometer=(), autoplay=(), camera=(), display-capture=(), encrypted-media=(), geolocation=(), gyroscope=(), "
    "magnetometer=(), microphone=(), midi=(), payment=(), publickey-credentials-get=(), usb=(), xr-spatial-tracking=()"
)


class PrivateHeaders:
    """What a person is shown is stored by no cache, unless the answer itself says that it may be."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not response.has_header("Cache-Control") and (
            request.path.startswith("/api/") or request.user.is_authenticated
        ):
            response.headers["Cache-Control"] = "no-store"
        response.headers.setdefault("Permissions-Policy", NOT_ASKED_FOR)
        response.headers.setdefault("Cross-Origin-Resource-Policy", "same-origin")
        return response
