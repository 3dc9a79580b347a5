"""Sealed texts: opened by this site, for their purpose, and by nobody and nothing else."""

import gc
import json
import string
from hashlib import sha256
from itertools import product

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from jwcrypto.common import base64url_decode, base64url_encode
from jwcrypto.jwe import JWE, InvalidJWEData
from jwcrypto.jwk import JWK

from django_genauth import sealing
from django_genauth.conf import get_app
from django_genauth.protocol.errors import ConfigurationError, SealError
from django_genauth.sealing import seal, unseal

OLD_KEY = "A" * 43
NEW_KEY = "B" * 42 + "A"
SECRET = {"access_token": "the-token", "n": [1, 2.5, None, True, "é\ud800\0"]}


def sealed(value=SECRET, *, purpose="test", alias="default"):
    return seal(value, purpose=purpose, app=get_app(alias))


def opened(text, *, purpose="test", alias="default"):
    return unseal(text, purpose=purpose, app=get_app(alias))


def code_of(text, **changes):
    with pytest.raises(SealError) as caught:
        opened(text, **changes)
    return caught.value.code


def outcome(text):
    """Return the code of the refusal, or `opened`."""
    try:
        opened(text)
    except SealError as error:
        return error.code
    return "opened"


def header_of(text):
    return json.loads(base64url_decode(text.partition(".")[0]))


def each_octet_changed(text):
    for place, character in enumerate(text):
        yield f"{text[:place]}{chr(ord(character) ^ 1)}{text[place + 1 :]}"


def each_bit_changed(text, segment):
    segments = text.split(".")
    octets = base64url_decode(segments[segment])
    for bit in range(len(octets) * 8):
        changed = int.from_bytes(octets, "big") ^ 1 << bit
        segments[segment] = base64url_encode(changed.to_bytes(len(octets), "big"))
        yield ".".join(segments)


@pytest.fixture
def token_keys(settings):
    """Set TOKEN_KEYS."""

    def put(*keys, alias="default"):
        app = settings.GENAUTH["default"] | {"TOKEN_KEYS": list(keys)}
        settings.GENAUTH = settings.GENAUTH | {alias: app}

    return put


# On a busy machine it proves nothing how long an example takes.
unhurried = hypothesis_settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)


@unhurried
@given(json_values)
def test_what_was_sealed_is_what_is_opened(value):
    assert opened(sealed(value)) == value


def test_a_sealed_text_shows_nothing_of_what_it_holds():
    text = sealed()

    assert "the-token" not in text
    assert not any(b"the-token" in base64url_decode(each) for each in text.split("."))


def test_a_sealed_text_is_plain_enough_for_a_cookie():
    assert set(sealed()) <= set(string.ascii_letters + string.digits + "-_.")


def test_the_same_value_is_never_sealed_into_the_same_text():
    assert len({sealed() for _ in range(20)}) == 20


def test_the_algorithm_is_the_one_that_was_chosen():
    header = header_of(sealed())

    assert (header["alg"], header["enc"]) == ("dir", "A256GCM")


@pytest.mark.parametrize("purpose", ["", "tes", "test ", "TEST", "other", "é"])
def test_another_purpose_does_not_open_it(purpose):
    assert code_of(sealed(), purpose=purpose) == "seal.purpose"


def test_a_purpose_may_be_any_text():
    text = sealed(purpose="grant 5 é")

    assert opened(text, purpose="grant 5 é") == SECRET


def test_a_text_with_any_octet_changed_stays_shut():
    text = sealed("v" * 28)

    outcomes = {outcome(each) for each in each_octet_changed(text)}

    assert outcomes == {"seal.broken", "seal.key", "seal.purpose"}


@pytest.mark.parametrize("segment", [2, 3, 4])
def test_a_text_with_any_bit_changed_stays_shut(segment):
    outcomes = {outcome(each) for each in each_bit_changed(sealed(), segment)}

    assert outcomes == {"seal.broken"}


def test_parts_of_two_sealed_texts_make_no_third():
    one, other = sealed().split("."), sealed().split(".")

    opening = [
        mixed
        for mixed in product(*zip(one, other, strict=True))
        if outcome(".".join(mixed)) == "opened"
    ]

    assert {mixed[2:] for mixed in opening} == {tuple(one[2:]), tuple(other[2:])}


def test_with_an_encrypted_key_it_stays_shut():
    assert code_of(sealed().replace("..", ".QUJD.")) == "seal.broken"


@unhurried
@given(st.text())
def test_no_text_does_more_than_stay_shut(text):
    assert code_of(text).startswith("seal.")


@unhurried
@given(st.lists(st.binary(max_size=60), min_size=5, max_size=5))
def test_no_text_of_the_right_form_does_more_than_stay_shut(segments):
    text = ".".join(map(base64url_encode, segments))

    assert code_of(text).startswith("seal.")


@unhurried
@given(json_values)
def test_no_header_does_more_than_keep_it_shut(header):
    rest = sealed().split(".")[1:]
    text = ".".join([base64url_encode(json.dumps(header)), *rest])

    assert code_of(text).startswith("seal.")


@unhurried
@given(json_values)
def test_no_json_does_more_than_stay_shut(value):
    assert code_of(json.dumps(value)).startswith("seal.")


@pytest.mark.parametrize(
    "text",
    [None, 5, b"octets", "", ".", "....", "a.b.c.d.e", "[" * 100_000, "{" * 100_000, "\ud800"],
)
def test_what_is_no_sealed_text_stays_shut(text):
    assert code_of(text) == "seal.broken"


@pytest.mark.parametrize(
    ("payload", "changes"),
    [
        pytest.param(b"{", {}, id="half-a-value"),
        pytest.param(b"\xff", {}, id="no-utf-8"),
        pytest.param(b"[" * 100_000, {}, id="deep"),
        pytest.param(b"1" * 5_000, {}, id="number-of-5000-digits"),
        pytest.param(b"1", {"enc": "A128CBC-HS256"}, id="other-encryption"),
        pytest.param(b"1", {"cty": "text"}, id="further-header"),
    ],
)
def test_what_another_program_sealed_under_our_key_stays_shut(token_keys, payload, changes):
    token_keys(OLD_KEY)
    box = JWE(payload, protected=json.dumps(header_of(sealed()) | changes))
    box.add_recipient(JWK(kty="oct", k=OLD_KEY))
    # Else what other tests left behind may be cleared away where the stack is at its end.
    gc.collect()

    assert code_of(box.serialize(compact=True)) == "seal.broken"


def test_a_secret_key_that_became_a_fallback_still_opens(settings):
    text = sealed()
    settings.SECRET_KEY_FALLBACKS = ["a-third-one", settings.SECRET_KEY]
    settings.SECRET_KEY = "a-new-one"

    assert opened(text) == SECRET


def test_after_a_rotation_the_new_secret_key_seals(settings):
    before = header_of(sealed())["kid"]
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "a-new-one"

    assert header_of(sealed())["kid"] != before


def test_a_secret_key_that_is_gone_opens_no_more(settings):
    text = sealed()
    settings.SECRET_KEY = "a-new-one"

    assert code_of(text) == "seal.key"


def test_the_secret_key_itself_is_no_key(settings):
    settings.SECRET_KEY = "A" * 32
    text = sealed()
    box = JWE()
    box.deserialize(text)

    with pytest.raises(InvalidJWEData):
        box.decrypt(JWK(kty="oct", k=base64url_encode("A" * 32)))


def test_the_newest_of_the_token_keys_seals(token_keys):
    token_keys(NEW_KEY)
    kid = header_of(sealed())["kid"]
    token_keys(NEW_KEY, OLD_KEY)

    assert header_of(sealed())["kid"] == kid


def test_every_one_of_the_token_keys_opens(token_keys):
    token_keys(OLD_KEY)
    text = sealed()
    token_keys(NEW_KEY, OLD_KEY)

    assert opened(text) == SECRET


def test_a_token_key_that_was_taken_out_opens_no_more(token_keys):
    token_keys(NEW_KEY, OLD_KEY)
    text = sealed()
    token_keys(OLD_KEY)

    assert code_of(text) == "seal.key"


def test_with_token_keys_the_secret_key_does_not_matter(token_keys, settings):
    token_keys(OLD_KEY)
    text = sealed()
    settings.SECRET_KEY = "a-new-one"

    assert opened(text) == SECRET


def test_each_app_has_its_own_token_keys(token_keys):
    token_keys(OLD_KEY)
    token_keys(NEW_KEY, alias="partner")

    assert code_of(sealed(alias="partner")) == "seal.key"


def test_the_name_of_a_key_tells_nothing_of_it(token_keys):
    token_keys(OLD_KEY)

    kid = header_of(sealed())["kid"]

    assert kid not in sha256(bytes(32)).hexdigest()
    assert len(kid) == 16


def test_an_app_that_is_not_configured_has_no_keys():
    with pytest.raises(ConfigurationError) as caught:
        sealed(alias="nobody")

    assert caught.value.code == "configuration.alias"


def test_a_sealed_text_says_under_which_key(token_keys):
    assert sealing.key_id(sealed()) == sealing.newest_key_id(get_app())


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("é.a", id="not-ascii"),
        pytest.param("e30.a", id="no-kid"),
        pytest.param("W10.a", id="no-object"),
        pytest.param("eyJraWQiOjV9.a", id="a-number"),
        pytest.param("eyJraWQiOiJhYmMifQ.a", id="a-kid-of-another-program"),
    ],
)
def test_a_text_that_names_no_key_of_ours_has_none(text):
    assert sealing.key_id(text) == ""


def test_a_fingerprint_is_the_same_for_the_same_secret_alone():
    one, other = (sealing.fingerprints(secret, app=get_app())[0] for secret in ("one", "other"))

    assert [one] == sealing.fingerprints("one", app=get_app())
    assert (one == other, len(one)) == (False, 32)


def test_a_fingerprint_takes_the_key_to_make(settings):
    before = sealing.fingerprints("secret", app=get_app())
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another-secret-key-of-the-tests-that-protects-nothing"

    newest, older = sealing.fingerprints("secret", app=get_app())

    assert (newest == older, [older] == before) == (False, True)


def test_the_key_of_fingerprints_is_not_the_one_that_seals(token_keys):
    key = sealing._keys(get_app())[0][1]

    assert sealing._fingerprint_key(key) != key
