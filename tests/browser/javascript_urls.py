"""The site of `policy_urls`, whose book scripts of other loopback origins may read too."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from policy_urls import urlpatterns as policy

urlpatterns = policy


def cors(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[..., HttpResponse]:
    """Let scripts of other ports of this machine in, as a site does by django-cors-headers."""

    def answer(request: HttpRequest) -> HttpResponse:
        response = get_response(request)
        origin = request.headers.get("Origin", "")
        if origin.startswith("http://127.0.0.1:"):
            response["Access-Control-Allow-Origin"] = origin
            response["Access-Control-Allow-Credentials"] = "true"
        return response

    return answer
