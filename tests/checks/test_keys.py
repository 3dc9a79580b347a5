"""Secrets and private keys in `manage.py check`: unused ones, and those that others can read."""

import pytest
from django.core.checks import run_checks

from django_genauth.protocol.client_keys import generate_key
from tests.support.provider.tls import authority

KEY = generate_key("ES256")[0]
PEM = "-----BEGIN PRIVATE KEY-----\nMC4=\n-----END PRIVATE KEY-----"
FILES = authority().client_certificate()
GOOD = {
    "APP_ID": "5f17a529f64fb009b794a2ff",
    "APP_SECRET": "s" * 64,
    "APP_HOST": "https://acme.genauth.ai",
}


@pytest.fixture
def found(settings):
    """Lend a way to check an app for what this file is about: the ids that are found."""

    def find(**changes):
        settings.GENAUTH = {"default": GOOD | changes}
        ids = {message.id for message in run_checks(tags=["genauth"])}
        return ids & {"genauth.W039", "genauth.E040"}

    return find


def test_keys_beside_a_secret_that_nobody_uses_are_told(found):
    assert found(CLIENT_KEYS=[KEY]) == {"genauth.W039"}


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({}, id="a secret alone"),
        pytest.param({"CLIENT_KEYS": [KEY], "APP_SECRET": None}, id="keys alone"),
        pytest.param(
            {"CLIENT_KEYS": [KEY], "TOKEN_ENDPOINT_AUTH_METHOD": "client_secret_post"}, id="method"
        ),
        pytest.param(
            {"CLIENT_KEYS": [KEY], "REQUEST_OBJECT_SIGNING_ALG": "ES256"}, id="signed requests"
        ),
        pytest.param({"CLIENT_KEYS": [KEY], "PROFILE": "fapi2"}, id="profile"),
        pytest.param(
            {"CLIENT_KEYS": [KEY], "USERINFO_ENCRYPTED_RESPONSE_ALG": "ECDH-ES"}, id="decrypts"
        ),
    ],
)
def test_a_key_that_is_used_is_not_told(found, changes):
    assert found(**changes) == set()


@pytest.mark.parametrize("key", ["APP_SECRET", "APP_ID"])
@pytest.mark.parametrize("text", [PEM, KEY], ids=["PEM", "JWK"])
def test_a_private_key_that_would_be_sent_is_an_error(found, key, text):
    assert found(**{key: text}) == {"genauth.E040"}


@pytest.mark.parametrize(
    "text",
    ["{", "[1]", "{}", "1", lambda: PEM],
    ids=["half of JSON", "a list", "an object", "a number", "a callable"],
)
def test_another_secret_is_none(found, text):
    assert found(APP_SECRET=text) == set()


@pytest.mark.parametrize("name", ["MEDIA_ROOT", "STATIC_ROOT"])
def test_a_key_in_a_directory_that_is_served_is_an_error(found, settings, tmp_path, name):
    setattr(settings, name, str(tmp_path))
    (tmp_path / "key.pem").write_text(PEM)

    assert found(CLIENT_CERTIFICATE=[FILES[0], str(tmp_path / "key.pem")]) == {"genauth.E040"}


@pytest.mark.parametrize("entry", [lambda path: str(path), lambda path: ("keys", path)])
def test_so_is_one_among_the_static_files(found, settings, tmp_path, entry):
    settings.STATICFILES_DIRS = [entry(tmp_path)]
    (tmp_path / "key.pem").write_text(PEM)

    assert found(CLIENT_CERTIFICATE=[FILES[0], str(tmp_path / "key.pem")]) == {"genauth.E040"}


@pytest.mark.parametrize("name", ["certificate.pem", "bytes.pem", "none.pem"])
def test_another_file_there_is_none(found, settings, tmp_path, name):
    settings.MEDIA_ROOT = str(tmp_path)
    (tmp_path / "certificate.pem").write_text("-----BEGIN CERTIFICATE-----")
    (tmp_path / "bytes.pem").write_bytes(b"\xff")

    assert found(CLIENT_CERTIFICATE=[str(tmp_path / name), 5]) == set()


def test_a_key_elsewhere_is_none(found):
    assert found(CLIENT_CERTIFICATE=FILES) == set()
