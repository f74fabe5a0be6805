"""The address book: each app's pages and API under one roof."""

from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView

from config import schema as schema  # registers how the schema describes our session
from config.words import words

urlpatterns = [
    path("", include("workforce.urls")),
    path("", include("rubrics.urls")),
    path("", include("annotation.urls")),
    path("", include("training.urls")),
    path("api/v1/", include("rubrics.api_urls")),
    path("api/v1/", include("annotation.api.urls")),
    path("api/v1/", include("training.api_urls")),
    path("words/<str:language>.js", words, name="words"),
    path("api/v1/schema", SpectacularAPIView.as_view(), name="api-schema"),
]
handler404 = "config.errors.not_found"
handler500 = "config.errors.server_error"
