"""The stand-in's own views: what django-oauth-toolkit lacks, or does otherwise than GenAuth.

The rules of the protocol are in `validators`.
"""

import json
from typing import Any
from urllib.parse import parse_qs, parse_qsl, urlsplit

from django.contrib.auth import logout
from django.contrib.auth.views import LoginView as DjangoLoginView
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.http import url_has_allowed_host_and_scheme
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from oauth2_provider.exceptions import OAuthToolkitError
from oauth2_provider.models import Application
from oauth2_provider.views import AuthorizationView as ToolkitAuthorizationView
from oauth2_provider.views import ConnectDiscoveryInfoView, ProtectedResourceView
from oauth2_provider.views.mixins import OAuthLibMixin, ProtectedResourceMetadataMixin
from oauthlib.openid.connect.core.exceptions import ConsentRequired

from provider.people import claims_of
from provider.validation import validate


class AuthorizationView(ToolkitAuthorizationView):
    """The authorization endpoint and its consent page (OIDC Core 3.1.2)."""

    template_name = "provider/consent.html"

    def validate_authorization_request(
        self, request: HttpRequest
    ) -> tuple[list[str], dict[str, Any]]:
        """Check the request, and drop `offline_access` unless consent is asked for.

        OIDC Core 11, and GenAuth keeps to it: otherwise no refresh token is given.
        """
        scopes, credentials = super().validate_authorization_request(request)
        if "consent" not in _prompts(request):
            scopes = [scope for scope in scopes if scope != "offline_access"]
        return scopes, credentials

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Show the consent page; with `prompt=none` go on only where no page is needed."""
        silent = "none" in _prompts(request)
        if silent:
            # django-oauth-toolkit's word for: an earlier consent is enough.
            parameters = request.GET.copy()
            parameters["approval_prompt"] = "auto"
            request.GET = parameters
        response = super().get(request, *args, **kwargs)
        if silent and response.status_code == 200:
            error = ConsentRequired(state=self.oauth2_data["state"])
            return self.error_response(
                OAuthToolkitError(error, redirect_uri=self.oauth2_data["redirect_uri"]),
                self.oauth2_data["application"],
            )
        return response

    def redirect(self, redirect_to: str, application: Application | None) -> HttpResponse:
        """Send the answer, also an error, as the request's `response_mode` has it."""
        parts = urlsplit(redirect_to)
        # No redirect URI that is registered here has a query of its own.
        answer = parts.query or parts.fragment
        parts = parts._replace(query="", fragment="")
        mode = _response_mode(self.request)
        if mode != "form_post":
            parts = parts._replace(**{mode: answer})
            return super().redirect(parts.geturl(), application)
        # OAuth 2.0 Form Post Response Mode 2. GenAuth's server family gives errors this status.
        fields = dict(parse_qsl(answer, keep_blank_values=True))
        return render(
            self.request,
            "provider/form_post.html",
            {"redirect_uri": parts.geturl(), "fields": fields},
            status=400 if "error" in fields else 200,
        )


def _response_mode(request: HttpRequest) -> str:
    # OAuth 2.0 Multiple Response Types 3 and 5: tokens never go into the query.
    default = "fragment" if "token" in request.GET.get("response_type", "") else "query"
    asked = request.GET.get("response_mode")
    return asked if asked in {default, "fragment", "form_post"} else default


def _prompts(request: HttpRequest) -> list[str]:
    return request.GET.get("prompt", "").split()


class DiscoveryView(ConnectDiscoveryInfoView):
    """The configuration document (OIDC Discovery 4)."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        """Add what django-oauth-toolkit leaves out."""
        document = json.loads(super().get(request, *args, **kwargs).content)
        methods = document["token_endpoint_auth_methods_supported"]
        return JsonResponse(
            {
                **document,
                "introspection_endpoint": _url(request, "introspect"),
                "introspection_endpoint_auth_methods_supported": methods,
                "revocation_endpoint": _url(request, "revoke-token"),
                "revocation_endpoint_auth_methods_supported": methods,
                "grant_types_supported": [
                    "authorization_code",
                    "refresh_token",
                    "client_credentials",
                ],
                "response_modes_supported": ["query", "fragment", "form_post"],
            }
        )


def _url(request: HttpRequest, name: str) -> str:
    return request.build_absolute_uri(reverse(f"oauth2_provider:{name}"))


@method_decorator(csrf_exempt, name="dispatch")
class IntrospectionView(OAuthLibMixin, View):
    """The introspection endpoint (RFC 7662), by any of the client's authentication methods.

    django-oauth-toolkit's own knows neither sub nor refresh tokens.
    """

    def post(self, request: HttpRequest) -> HttpResponse:
        """Say whether the token in the form is active, and what it is."""
        core = self.get_oauthlib_core()
        headers, body, status = core.server.create_introspect_response(
            request.get_full_path(),
            http_method="POST",
            body=request.body.decode("ascii", "replace"),
            headers=core.extract_headers(request),
        )
        return HttpResponse(body, status=status, headers=headers)


class OAuthProfileView(ProtectedResourceMetadataMixin, ProtectedResourceView):
    """The userinfo endpoint of GenAuth's OAuth 2.0 protocol, which knows no `openid` scope."""

    def get(self, request: HttpRequest) -> HttpResponse:
        """Answer with all claims about the token's person."""
        return JsonResponse(claims_of(request.resource_owner.get_username()))


def validate_token(request: HttpRequest) -> HttpResponse:
    """Say what is in a token, or what is wrong with it under status 200 (GenAuth's own way)."""
    kind = "id_token" if "id_token" in request.GET else "access_token"
    try:
        return JsonResponse(validate(kind, request.GET.get(kind, "")))
    except ValueError as error:
        return JsonResponse({"code": 400, "message": str(error)})


class LoginView(DjangoLoginView):
    """The page that asks for the password, and says which site wants to know."""

    template_name = "provider/login.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        """Add the site that the person comes from."""
        query = parse_qs(urlsplit(self.get_redirect_url()).query)
        client_id = query.get("client_id", [""])[0]
        application = Application.objects.filter(client_id=client_id).first()
        return super().get_context_data(**kwargs) | {"application": application}


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Let a second tab of the login page go on once the person has signed in in another one.

    A login changes the CSRF token, and with it that of the form which is still open.
    """
    page = request.POST.get("next", "")
    is_ours = url_has_allowed_host_and_scheme(page, request.get_host())
    if request.path == reverse("login") and request.user.is_authenticated and is_ours:
        return redirect(page)
    return render(request, "provider/form_too_old.html", status=403)


def hosted_logout(request: HttpRequest) -> HttpResponse:
    """Sign the person out; send them to `redirect_uri`, if it is registered (GenAuth's own way)."""
    logout(request)
    uri = request.GET.get("redirect_uri", "")
    if any(client.post_logout_redirect_uri_allowed(uri) for client in Application.objects.all()):
        return redirect(uri)
    return render(request, "provider/home.html")


def home(request: HttpRequest) -> HttpResponse:
    """Tell who is signed in here."""
    return render(request, "provider/home.html")
