"""Every address of the web process."""

from django.contrib import admin
from django.urls import URLPattern, URLResolver, include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerView

from config import views
from config.deep_health import deep
from config.health import livez, readyz

urlpatterns: list[URLPattern | URLResolver] = [
    path("livez", livez, name="livez"),
    path("readyz", readyz, name="readyz"),
    path("healthz/deep", deep, name="deep-health"),
    path("api/schema", SpectacularAPIView.as_view(), name="api-schema"),
    path("api/docs", SpectacularSwaggerView.as_view(url_name="api-schema"), name="api-docs"),
    path("api/auth/", include("accounts.auth_urls")),
    path("api/v1/", include("config.api")),
    path("admin/", admin.site.urls),
    path("", views.overview, name="dashboard"),
    path("work/", views.work, name="work"),
    path("import-sample/", views.import_sample, name="import_sample"),
    path("", include("accounts.urls")),
    path("", include("finance.urls")),
    path("", include("mail_ingest.urls")),
    path("", include("extraction.urls")),
    path("", include("jobs.urls")),
]

handler400 = "config.problems.handler400"
handler403 = "config.problems.handler403"
handler404 = "config.problems.handler404"
handler500 = "config.problems.handler500"
