"""Pages of rubrics."""

from django.urls import path

from rubrics import editing_views, views

AT = "p/<slug:slug>/rubrics/"
ONE = AT + "<slug:rubric_slug>/"

urlpatterns = [
    path(AT, views.rubric_list, name="rubrics"),
    path(AT + "new/", views.rubric_new, name="rubric-new"),
    path(ONE, views.rubric, name="rubric"),
    path(ONE + "v/<int:number>/", views.rubric_version, name="rubric-version"),
    path(ONE + "v/<int:number>/retire/", views.rubric_retire, name="rubric-retire"),
    path(ONE + "draft/", views.rubric_draft, name="rubric-draft"),
    path(ONE + "edit/", editing_views.rubric_edit, name="rubric-edit"),
    path(ONE + "publish/", editing_views.rubric_publish, name="rubric-publish"),
]
