"""The types of what sites import. `tox -e types` fails where one becomes another."""

from collections.abc import Callable, Mapping
from typing import Any, assert_type

from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse

from django_genauth.backends import GenAuthBackend
from django_genauth.client import AuthenticationClient
from django_genauth.client.sending import SentRequest
from django_genauth.conf import get_client
from django_genauth.decorators import genauth_reauthenticate
from django_genauth.grants import get_access_token
from django_genauth.protocol.errors import GenAuthError, ProviderUnavailable
from django_genauth.protocol.tokens import TokenSet
from django_genauth.testing.fake import FakeGenAuth


def a_client_is_found_by_the_name_of_its_app() -> None:
    assert_type(get_client(), AuthenticationClient)
    assert_type(get_client("partners"), AuthenticationClient)


def operators_see_numbers_and_names(client: AuthenticationClient) -> None:
    state = client.provider.state()
    assert_type(state.bulkhead.waiting, int)
    assert_type(state.bulkhead.is_silent, bool)
    assert_type(state.keys_age, float | None)
    assert_type(state.last_request, SentRequest | None)


def addresses_are_texts(client: AuthenticationClient) -> None:
    assert_type(client.build_authorize_url(), str)
    assert_type(client.build_logout_url(), str)


def token_sets_come_of_codes_refresh_tokens_and_keys(client: AuthenticationClient) -> None:
    assert_type(client.get_access_token_by_code("a-code"), TokenSet)
    assert_type(client.authorization_code_grant("https://site.example/?code=a-code"), TokenSet)
    assert_type(client.get_new_access_token_by_refresh_token("a-token"), TokenSet)
    machine = client.get_access_token_by_client_credentials("a", access_key="b", secret_key="c")
    assert_type(machine, TokenSet)


def what_a_provider_says_is_a_dictionary(client: AuthenticationClient) -> None:
    assert_type(client.get_user_info_by_access_token("a-token"), dict[str, Any])
    assert_type(client.introspect_token("a-token"), dict[str, Any])
    assert_type(client.validate_token(access_token="a-token"), dict[str, Any])
    assert_type(client.revoke_token("a-token"), bool)


def the_proof_of_a_code_is_a_text(client: AuthenticationClient) -> None:
    assert_type(client.generate_code_challenge(), str)
    assert_type(client.get_code_challenge_digest(code_challenge="a-verifier"), str)


def a_token_set_says_what_may_be_missing(tokens: TokenSet) -> None:
    assert_type(tokens.access_token, str)
    assert_type(tokens.token_type, str)
    assert_type(tokens.expires_in, int | None)
    assert_type(tokens.expires_at, float | None)
    assert_type(tokens.scope, str | None)
    assert_type(tokens.refresh_token, str | None)
    assert_type(tokens.id_token, str | None)
    assert_type(tokens.claims(), Mapping[str, Any] | None)
    assert_type(tokens.extra, Mapping[str, Any])


def a_users_access_token_is_a_text(user: User, request: HttpRequest) -> None:
    assert_type(get_access_token(user), str)
    assert_type(get_access_token(user, "partners"), str)
    assert_type(get_access_token(request.user), str)


def an_error_has_a_code(error: GenAuthError, unavailable: ProviderUnavailable) -> None:
    assert_type(error.code, str)
    assert_type(unavailable.retry_after, int | None)


def a_view_that_is_guarded_is_a_view() -> None:
    @genauth_reauthenticate(max_age=60)
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse()

    assert_type(view, Callable[..., Any])


class Backend(GenAuthBackend):
    """A backend of a site, which overrides with these types."""

    def verify_claims(self, claims: Mapping[str, Any]) -> bool:
        return True


def a_fake_is_made_without_arguments() -> None:
    with FakeGenAuth() as fake:
        assert_type(fake, FakeGenAuth)
