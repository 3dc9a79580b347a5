"""Mutual TLS (RFC 8705): the client's certificate, at the endpoints that ask who it is."""

import ssl
from base64 import b64decode
from pathlib import Path

import pytest

from django_genauth.client import AuthenticationClient
from django_genauth.protocol.errors import ConfigurationError, ProviderUnavailable
from tests.support.clients import a_client, tokens_of
from tests.support.provider.scripted import ScriptedProvider
from tests.support.provider.tls import authority

METHODS = ["tls_client_auth", "self_signed_tls_client_auth"]
ALL = "token_endpoint", "userinfo_endpoint", "introspection_endpoint", "revocation_endpoint"


@pytest.fixture(scope="module")
def files():
    """Return the paths of a client's certificate and key."""
    return authority().client_certificate()


@pytest.fixture
def tls_provider(files):
    """Run a provider that asks for a certificate, and knows the client by one."""
    with ScriptedProvider(tls=authority().mutual_context()) as running:
        running.auth_methods = dict.fromkeys(running.auth_methods, "tls_client_auth")
        running.client_certificate = der(files[0])
        yield running


def der(path):
    return ssl.PEM_cert_to_DER_cert(Path(path).read_text())


def a_tls_client(provider, files, **changes):
    values = {
        "secret": None,
        "client_certificate": files,
        "token_endpoint_auth_method": "tls_client_auth",
        "introspection_endpoint_auth_method": "tls_client_auth",
        "revocation_endpoint_auth_method": "tls_client_auth",
        "ca_bundle": str(authority().bundle),
        "allow_insecure_http": False,
    }
    return a_client(provider, **(values | changes))


def use_every_endpoint(client, provider):
    tokens = tokens_of(client, provider)
    client.userinfo_claims(tokens.access_token)
    client.introspect(tokens.access_token)
    client.revoke(tokens.access_token)


def shown_at(provider):
    """Return whether a certificate came, by endpoint."""
    return {
        endpoint: bool(request.certificate)
        for endpoint, request in zip(provider.asked, provider.requests, strict=True)
    }


@pytest.mark.parametrize("method", METHODS)
def test_a_certificate_proves_who_the_client_is(tls_provider, files, method):
    client = a_tls_client(tls_provider, files, token_endpoint_auth_method=method)

    tokens = tokens_of(client, tls_provider)

    (request,) = tls_provider.requests_to("token")
    assert tokens.access_token
    assert request.form["client_id"] == tls_provider.client_id
    assert "client_secret" not in request.form
    assert "Authorization" not in request.headers


def test_the_endpoints_that_ask_who_it_is_are_shown_it_and_no_other(tls_provider, files):
    use_every_endpoint(a_tls_client(tls_provider, files), tls_provider)

    assert shown_at(tls_provider) == {
        "discovery": False,
        "token": True,
        "userinfo": True,
        "introspection": True,
        "revocation": True,
    }


def test_a_document_is_never_fetched_with_it(tls_provider, files):
    client = a_tls_client(tls_provider, files)

    client.provider.documents.load()

    assert shown_at(tls_provider) == {"discovery": False, "jwks": False}


def test_tokens_may_be_bound_to_it_whatever_proves_who_the_client_is(tls_provider, files):
    tls_provider.auth_methods = dict.fromkeys(tls_provider.auth_methods, "client_secret_post")
    client = a_tls_client(
        tls_provider,
        files,
        secret=tls_provider.client_secret,
        **{
            f"{name}_endpoint_auth_method": "client_secret_post"
            for name in ("token", "introspection", "revocation")
        },
    )

    use_every_endpoint(client, tls_provider)

    assert shown_at(tls_provider)["token"]
    assert shown_at(tls_provider)["userinfo"]


def test_a_client_without_a_certificate_shows_none(tls_provider):
    tls_provider.auth_methods = dict.fromkeys(tls_provider.auth_methods, "client_secret_post")
    client = a_client(tls_provider, ca_bundle=str(authority().bundle), allow_insecure_http=False)

    tokens_of(client, tls_provider)

    assert not any(shown_at(tls_provider).values())


def with_aliases(provider, **aliases):
    provider.lie("discovery", edit=lambda it: it | {"mtls_endpoint_aliases": aliases})


def at_localhost(provider, name):
    paths = {
        "token_endpoint": "token",
        "userinfo_endpoint": "me",
        "introspection_endpoint": "token/introspection",
        "revocation_endpoint": "token/revocation",
    }
    return f"{provider.issuer}/{paths[name]}".replace("127.0.0.1", "localhost")


def hosts(provider):
    return {
        endpoint: request.headers["Host"].partition(":")[0]
        for endpoint, request in zip(provider.asked, provider.requests, strict=True)
    }


def test_the_addresses_for_mutual_tls_are_heeded(tls_provider, files):
    with_aliases(tls_provider, **{name: at_localhost(tls_provider, name) for name in ALL})

    use_every_endpoint(a_tls_client(tls_provider, files), tls_provider)

    assert hosts(tls_provider) == {
        "discovery": "127.0.0.1",
        "token": "localhost",
        "userinfo": "localhost",
        "introspection": "localhost",
        "revocation": "localhost",
    }


def test_a_client_without_a_certificate_does_not_use_them(tls_provider):
    tls_provider.auth_methods = dict.fromkeys(tls_provider.auth_methods, "client_secret_post")
    with_aliases(tls_provider, token_endpoint=at_localhost(tls_provider, "token_endpoint"))
    client = a_client(tls_provider, ca_bundle=str(authority().bundle), allow_insecure_http=False)

    tokens_of(client, tls_provider)

    assert hosts(tls_provider)["token"] == "127.0.0.1"


def test_an_endpoint_that_is_set_by_hand_wins(tls_provider, files):
    with_aliases(tls_provider, token_endpoint="https://evil.example/")
    by_hand = at_localhost(tls_provider, "token_endpoint")

    client = a_tls_client(tls_provider, files, endpoints={"token_endpoint": by_hand})

    assert client.endpoint("token_endpoint") == by_hand


@pytest.mark.parametrize(
    "aliases",
    [
        pytest.param("https://a.example/", id="text"),
        pytest.param({"token_endpoint": "http://a.example/"}, id="http"),
        pytest.param({"token_endpoint": 7}, id="a number"),
        pytest.param({"token_endpoint": "https://u@a.example/"}, id="a user name"),
        pytest.param({"jwks_uri": "https://a.example/"}, id="another endpoint"),
        pytest.param(None, id="null"),
    ],
)
def test_what_is_no_good_address_counts_as_missing(tls_provider, files, aliases):
    tls_provider.lie("discovery", edit=lambda it: it | {"mtls_endpoint_aliases": aliases})

    metadata = a_tls_client(tls_provider, files).metadata()

    assert metadata.mtls_endpoint_aliases == {}


def test_a_server_that_wants_another_certificate_says_so(files):
    with ScriptedProvider(tls=authority().mutual_context(is_required=True)) as provider:
        client = a_tls_client(
            provider,
            files,
            discovery=False,
            client_certificate=None,
            secret="s" * 32,
            token_endpoint_auth_method="client_secret_post",
            introspection_endpoint_auth_method="client_secret_post",
            revocation_endpoint_auth_method="client_secret_post",
        )

        with pytest.raises(ProviderUnavailable) as caught:
            client.exchange_code("a", redirect_uri="https://a.example/", code_verifier=None)

    assert caught.value.code == "provider_unavailable.tls"
    assert "CLIENT_CERTIFICATE" in str(caught.value)


@pytest.mark.parametrize("method", METHODS)
def test_a_method_needs_the_certificate(method):
    with pytest.raises(ConfigurationError) as caught:
        AuthenticationClient(
            app_id="a", app_host="https://a.example", token_endpoint_auth_method=method
        )

    assert caught.value.code == "configuration.token_endpoint_auth_method"


def settings_error(certificate):
    with pytest.raises(ConfigurationError) as caught:
        AuthenticationClient(
            app_id="a", app_host="https://a.example", client_certificate=certificate
        )
    return caught.value


def test_a_file_that_is_not_there_is_named(files, tmp_path):
    missing = str(tmp_path / "missing.pem")

    error = settings_error((files[0], missing))

    assert error.code == "configuration.client_certificate"
    assert missing in str(error)
    assert "key" in str(error)


def test_a_key_of_another_certificate_is_refused(files):
    error = settings_error((files[0], authority().client_certificate()[1]))

    assert error.code == "configuration.client_certificate"
    assert error.__context__ is None


def test_a_file_that_holds_something_else_is_refused(files, tmp_path):
    path = tmp_path / "junk.pem"
    path.write_text("junk")

    assert settings_error((str(path), files[1])).code == "configuration.client_certificate"


def test_a_key_under_a_password_is_refused_and_asks_nobody(files, tmp_path):
    from cryptography.hazmat.primitives import serialization

    key = serialization.load_pem_private_key(Path(files[1]).read_bytes(), None)
    path = tmp_path / "locked.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.BestAvailableEncryption(b"a password"),
        )
    )

    assert settings_error((files[0], str(path))).code == "configuration.client_certificate"


def published(files, method):
    client = AuthenticationClient(
        app_id="a",
        app_host="https://a.example",
        client_certificate=files,
        token_endpoint_auth_method=method,
        introspection_endpoint_auth_method=method,
        revocation_endpoint_auth_method=method,
    )
    return client.authentication.public_keys()["keys"]


def test_a_certificate_that_nobody_vouches_for_is_published(files):
    (key,) = published(files, "self_signed_tls_client_auth")

    assert b64decode(key["x5c"][0]) == der(files[0])
    assert set(key) == {"kty", "crv", "x", "y", "kid", "use", "x5c"}


def test_a_certificate_of_an_authority_is_not_published(files):
    assert published(files, "tls_client_auth") == []
