"""What the doctor says where a provider encrypts in another way than the settings expect."""

import pytest

from django_genauth.doctor.provider import examine_provider
from django_genauth.protocol.client_keys import generate_key, load_keys
from tests.doctor.test_sign_in import codes, examined
from tests.support.clients import REDIRECT_URI, a_client, encrypt
from tests.support.provider.encrypting import Encryption, FalseEncryption

RSA, KEY = generate_key("RSA-OAEP")
(ANY_RSA,) = load_keys([KEY.jwk.export_to_pem(private_key=True, password=None).decode()])
SETTINGS = {
    "client_keys": [RSA],
    "id_token_encrypted_response_alg": "RSA-OAEP",
    "userinfo": True,
    "userinfo_encrypted_response_alg": "RSA-OAEP",
    "userinfo_encrypted_response_enc": "A256GCM",
}


def to_us(alg="RSA-OAEP", enc="A128CBC-HS256"):
    return Encryption(alg=alg, enc=enc, key=KEY.public())


@pytest.fixture
def client(provider):
    """Make a client, and let the provider encrypt as it expects."""
    made = a_client(provider, **SETTINGS)
    encrypt(provider, made)
    return made


def test_a_sign_in_that_is_encrypted_as_the_settings_say_is_good(provider, client):
    examination = examined(provider, client=client)

    assert codes(examination) == []
    assert examination.good[0] == (
        "A person signed in: the ID token, signed with RS256 and encrypted with RSA-OAEP, names a"
        " subject."
    )


@pytest.mark.parametrize("kind", ["id_token", "userinfo"])
def test_what_is_not_encrypted_is_named(provider, client, kind):
    del provider.encryptions[kind]
    provider.userinfo_signed = True

    (finding,) = examined(provider, client=client).findings

    assert finding.code == f"{kind}.not_encrypted"
    assert f"{kind.upper()}_ENCRYPTED_RESPONSE_ALG is RSA-OAEP." in finding.what


def test_userinfo_in_json_is_named_too(provider, client):
    provider.lie("userinfo", headers={"Content-Type": "application/json"}, body=b'{"sub":"user-1"}')

    assert codes(examined(provider, client=client)) == ["userinfo.not_encrypted"]


def test_nothing_is_said_of_how_userinfo_comes_where_it_does_not_come(provider, client):
    provider.lie("userinfo", status=403)

    assert codes(examined(provider, client=client)) == ["userinfo.status_403"]


@pytest.mark.parametrize("kind", ["id_token", "userinfo"])
def test_what_is_encrypted_and_not_expected_so_is_named_with_the_line_to_type(provider, kind):
    provider.encryptions[kind] = to_us()

    (finding,) = examined(provider, client=a_client(provider, userinfo=True)).findings

    assert finding.code == f"{kind}.encrypted"
    assert finding.what.endswith("_ALG and _ENC are unset.")
    assert f'Set "{kind.upper()}_ENCRYPTED_RESPONSE_ALG": "RSA-OAEP"' in finding.remedy
    assert f'"{kind.upper()}_ENCRYPTED_RESPONSE_ENC": "A128CBC-HS256"' in finding.remedy


@pytest.mark.parametrize(
    ("how", "code"),
    [
        pytest.param(to_us("RSA-OAEP-256"), "encryption_alg", id="alg"),
        pytest.param(to_us(enc="A256GCM"), "encryption_enc", id="enc"),
    ],
)
def test_what_is_encrypted_in_another_way_is_named(provider, client, how, code):
    provider.encryptions["id_token"] = how

    (finding,) = examined(provider, client=client).findings

    assert finding.code == f"id_token.{code}"
    assert f'"{how.alg}" and "ID_TOKEN_ENCRYPTED_RESPONSE_ENC": "{how.enc}"' in finding.remedy


@pytest.mark.parametrize(
    ("header", "code"),
    [
        pytest.param({"alg": "RSA1_5"}, "encryption_alg", id="alg"),
        pytest.param({"enc": ["A256GCM"]}, "encryption_enc", id="enc"),
        pytest.param({"alg": 7}, "encryption_alg", id="a number"),
    ],
)
def test_what_no_setting_can_expect_is_to_be_changed_there(provider, client, header, code):
    provider.false_encryptions["id_token"] = FalseEncryption(header=header)

    (finding,) = examined(provider, client=client).findings

    assert finding.code == f"id_token.{code}"
    assert finding.remedy.startswith("Choose RSA-OAEP and A128CBC-HS256 for the app in ")


def test_without_settings_a_good_way_is_proposed(provider):
    provider.encryptions["id_token"] = to_us()
    provider.false_encryptions["id_token"] = FalseEncryption(header={"alg": "RSA1_5"})

    (finding,) = examined(provider).findings

    assert finding.remedy.startswith("Choose RSA-OAEP and A256GCM for the app in ")


def test_a_header_that_cannot_be_read_is_no_known_way(provider, client):
    provider.false_encryptions["id_token"] = FalseEncryption(outside=lambda _: "a.b.c.d.e")

    assert codes(examined(provider, client=client)) == ["id_token.not_encrypted"]


def test_a_key_that_does_not_open_it_is_to_be_registered(provider, client):
    other = generate_key("RSA-OAEP")[1]
    provider.encryptions["id_token"] = Encryption(
        alg="RSA-OAEP", enc="A128CBC-HS256", key=other.public()
    )

    (finding,) = examined(provider, client=client).findings

    assert finding.code == "id_token.decryption"
    assert finding.remedy.startswith("Give the address of genauth:jwks to ")


def examined_without_a_person(provider, client):
    return examine_provider(client, redirect_uri=REDIRECT_URI)


@pytest.mark.parametrize(
    ("member", "code"),
    [
        ("id_token_encryption_alg_values_supported", "id_token_encrypted_response_alg"),
        ("id_token_encryption_enc_values_supported", "id_token_encrypted_response_enc"),
        ("userinfo_encryption_alg_values_supported", "userinfo_encrypted_response_alg"),
        ("userinfo_encryption_enc_values_supported", "userinfo_encrypted_response_enc"),
    ],
)
def test_an_algorithm_that_is_not_announced_is_named(provider, client, member, code):
    provider.lie("discovery", edit=lambda document: document | {member: ["ECDH-ES+A128KW"]})

    examination = examined_without_a_person(provider, client)

    (finding,) = [each for each in examination.findings if each.code != "redirect_uri"]
    assert finding.code == f"unsupported.{code}"
    assert finding.remedy.startswith(f"It announces ECDH-ES+A128KW. Change {code.upper()}")


def test_algorithms_that_are_announced_are_good(provider, client):
    announced = {
        "id_token_encryption_alg_values_supported": ["RSA-OAEP"],
        "id_token_encryption_enc_values_supported": ["A128CBC-HS256"],
    }
    provider.lie("discovery", edit=lambda document: document | announced)

    examination = examined_without_a_person(provider, client)

    assert [each.code for each in examination.findings] == ["redirect_uri"]
