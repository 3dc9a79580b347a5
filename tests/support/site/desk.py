"""A site with GenAuthSessionMiddleware: a public page, a members' page, a form, and a hook.

What was posted is told back, so that a test sees what has reached the view.
"""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt

from tests.support.site.urls import home


@login_required
def desk(request: HttpRequest) -> HttpResponse:
    """Tell what was posted, files by their content."""
    files = {name: file.read().decode() for name, file in request.FILES.items()}
    return JsonResponse({**dict(request.POST.lists()), **files})


async def later(request: HttpRequest) -> HttpResponse:
    """Tell who is signed in, without blocking."""
    return HttpResponse(f"user: {await request.auser()}")


urlpatterns = [
    path("", home),
    path("members/", login_required(home)),
    path("desk/", desk),
    path("hook/", csrf_exempt(desk)),
    path("later/", later),
    path("genauth/", include("django_genauth.urls")),
]
