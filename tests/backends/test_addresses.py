"""Which address counts as verified, and whose account an identity may be linked to by it."""

import pytest
from django.contrib.auth import get_user_model

from django_genauth.backends import addresses
from django_genauth.conf import App, get_client
from django_genauth.models import Identity
from tests.support.site.visitor import Visitor

pytestmark = pytest.mark.django_db

VICTIM = "ceo@acme.example"
OTHER = "https://partners.example/oidc"


@pytest.fixture
def linking(app):
    app["LINK_VERIFIED_EMAIL"] = True
    return app


@pytest.fixture
def partners(settings, app):
    """Have another tenant's app beside the default one."""
    settings.GENAUTH["partners"] = values = {**app, "ISSUER": OTHER, "LINK_VERIFIED_EMAIL": False}
    return values


def account(username="local", email=VICTIM):
    return get_user_model().objects.create_user(username, email)


def waiting(user, issuer=OTHER, **claims):
    """Make an identity that was there before, with claims that were kept of it."""
    return Identity.objects.create(user=user, issuer=issuer, subject="mallory", claims=claims)


def owner():
    """Return the name of the user whom the victim was signed in as."""
    return Identity.objects.get(subject="user-1").user.username


def email():
    return Identity.objects.get(subject="user-1").user.email


@pytest.mark.parametrize(
    ("kept", "asked"),
    [
        pytest.param("sam@acme.example", "\u017fam@acme.example", id="a long s"),
        pytest.param("ceo@strasse.example", "ceo@stra\u00dfe.example", id="a sharp s"),
        pytest.param("kate@acme.example", "\u212aate@acme.example", id="the Kelvin sign"),
        pytest.param("mike@acme.example", "m\u0131ke@acme.example", id="an i without a dot"),
        pytest.param("ida@acme.example", "\u0130da@acme.example", id="a capital I with a dot"),
        pytest.param("m\u00fcller@acme.example", "M\u00dcLLER@acme.example", id="an umlaut"),
        pytest.param("ada@acme.example", "\u00e0da@acme.example", id="an accent"),
        pytest.param("ada@acme.example", "ada@acme.example ", id="a space"),
    ],
)
def test_letters_are_folded_in_ascii_alone_on_every_database(visitor, linking, kept, asked):
    account(email=kept)

    visitor.sign_in(claims={"email": asked, "email_verified": True})

    assert owner() != "local"


def test_case_makes_no_other_address_on_any_database(visitor, linking):
    account(email="Ceo@ACME.Example")

    visitor.sign_in(claims={"email": VICTIM, "email_verified": True})

    assert owner() == "local"


def test_an_address_longer_than_any_asks_the_database_nothing(django_assert_num_queries):
    app = App(alias="default", client=get_client(), link_verified_email=True)

    with django_assert_num_queries(0):
        found = addresses.verified_address(app, {"email": "a" * 321, "email_verified": True})

    assert found is None


@pytest.mark.parametrize(
    ("setting", "verified", "expected"),
    [
        pytest.param(True, "true", "local", id="text where the setting says so"),
        pytest.param(False, "true", "other", id="text without the setting"),
        pytest.param(True, "True", "other", id="another text"),
        pytest.param(True, "false", "other", id="false as text"),
        pytest.param(True, True, "local", id="the boolean beside the setting"),
        pytest.param(True, 1, "other", id="one"),
    ],
)
def test_text_counts_where_the_setting_says_that_the_provider_writes_text(
    visitor, linking, setting, verified, expected
):
    linking["EMAIL_VERIFIED_AS_TEXT"] = setting
    account()

    visitor.sign_in(claims={"email": VICTIM, "email_verified": verified})

    assert (owner() == "local") is (expected == "local")


def test_a_person_of_another_tenant_who_waits_under_the_address_gets_nothing(
    visitor, linking, partners
):
    waiting(account(), email=VICTIM, email_verified=False)

    visitor.sign_in(claims={"email": VICTIM, "email_verified": True})

    assert owner() != "local"


def test_an_address_that_a_tenant_verified_whom_the_site_does_not_trust_counts_for_nothing(
    visitor, linking, partners
):
    waiting(account(), email=VICTIM, email_verified=True)

    visitor.sign_in(claims={"email": VICTIM, "email_verified": True})

    assert owner() != "local"


def test_an_identity_of_a_provider_that_is_in_no_setting_counts_for_nothing(visitor, linking):
    waiting(account(), email=VICTIM, email_verified=True)

    visitor.sign_in(claims={"email": VICTIM, "email_verified": True})

    assert owner() != "local"


def test_an_app_whose_settings_cannot_work_counts_for_nothing_and_stops_nobody(
    visitor, linking, partners
):
    partners.update(LINK_VERIFIED_EMAIL=True, NONSENSE=True)
    waiting(account(), email=VICTIM, email_verified=True)

    response = visitor.sign_in(claims={"email": VICTIM, "email_verified": True})

    assert response.status_code == 302
    assert owner() != "local"


@pytest.mark.parametrize(
    ("claims", "is_linked"),
    [
        pytest.param({"email": VICTIM, "email_verified": True}, True, id="verified"),
        pytest.param({"email": VICTIM.upper(), "email_verified": True}, True, id="in capitals"),
        pytest.param({"email": VICTIM, "email_verified": False}, False, id="not verified"),
        pytest.param({"email": VICTIM}, False, id="nothing said"),
        pytest.param({"email": "m@x.example", "email_verified": True}, False, id="another address"),
        pytest.param({}, False, id="never signed in"),
    ],
)
def test_an_identity_of_a_trusted_provider_counts_by_the_address_verified_there(
    visitor, linking, partners, claims, is_linked
):
    partners["LINK_VERIFIED_EMAIL"] = True
    waiting(account(), **claims)

    visitor.sign_in(claims={"email": VICTIM, "email_verified": True})

    assert (owner() == "local") is is_linked


def test_each_identity_of_the_account_has_to_be_trusted(visitor, linking, partners):
    partners["LINK_VERIFIED_EMAIL"] = True
    local = account()
    waiting(local, email=VICTIM, email_verified=True)
    waiting(local, issuer="https://unknown.example", email=VICTIM, email_verified=True)

    visitor.sign_in(claims={"email": VICTIM, "email_verified": True})

    assert owner() != "local"


@pytest.mark.parametrize(
    ("verified", "written"),
    [
        pytest.param(True, VICTIM, id="verified"),
        pytest.param(False, "", id="not verified"),
        pytest.param(None, "", id="nothing said"),
        pytest.param("true", "", id="text"),
    ],
)
def test_an_address_is_written_into_the_field_that_is_linked_by_if_it_is_verified(
    visitor, linking, verified, written
):
    visitor.sign_in(claims={"email": VICTIM, "email_verified": verified, "given_name": "Ada"})

    assert (email(), Identity.objects.get().user.first_name) == (written, "Ada")


def test_an_unverified_address_does_not_replace_a_verified_one(visitor, linking):
    visitor.sign_in(claims={"email": "mallory@acme.example", "email_verified": True})

    visitor.sign_in(claims={"email": VICTIM, "email_verified": False})

    assert email() == "mallory@acme.example"


def test_another_claim_than_the_verified_address_is_not_written_there_either(visitor, linking):
    linking["USER_FIELDS"] = {"email": "preferred_username"}

    visitor.sign_in(
        claims={"preferred_username": VICTIM, "email": "m@x.example", "email_verified": True}
    )

    assert email() == ""


def test_an_app_that_does_not_link_writes_no_unverified_address_where_another_links(
    visitor, app, partners
):
    partners["LINK_VERIFIED_EMAIL"] = True

    visitor.sign_in(claims={"email": VICTIM, "email_verified": False})

    assert email() == ""


def test_where_no_app_links_an_address_is_written_as_it_comes(visitor):
    visitor.sign_in(claims={"email": VICTIM, "email_verified": False})

    assert email() == VICTIM


def test_two_accounts_with_the_address_are_one_too_many_whoever_has_them(
    visitor, linking, partners
):
    account()
    waiting(account("mallory"), email=VICTIM, email_verified=False)

    Visitor(visitor.provider).sign_in(claims={"email": VICTIM, "email_verified": True})

    assert owner() not in ("local", "mallory")


@pytest.mark.parametrize(
    "claims",
    [
        pytest.param({"email": VICTIM}, id="not verified"),
        pytest.param({"email": VICTIM, "email_verified": True}, id="verified"),
        pytest.param({"email": "CEO@acme.example"}, id="in other letters"),
    ],
)
def test_an_address_that_is_taken_is_refused_where_it_is_to_be_unique(
    app, visitor, refusals, claims
):
    app["UNIQUE_EMAIL"] = True
    account()

    response = visitor.sign_in(claims=claims)

    assert refusals.codes == ["account.email_taken"]
    assert "There is an account with your e-mail address" in response.content.decode()
    assert (get_user_model().objects.count(), Identity.objects.count()) == (1, 0)


def test_an_address_that_is_not_written_is_compared_all_the_same(app, visitor, refusals):
    app["UNIQUE_EMAIL"] = True
    app["USER_FIELDS"] = {}
    account()

    visitor.sign_in(claims={"email": VICTIM})

    assert refusals.codes == ["account.email_taken"]


@pytest.mark.parametrize("email", [None, "", "grace@example.org", "a\ud800@example.org", 5])
def test_an_address_that_nobody_has_is_free(app, visitor, email):
    app["UNIQUE_EMAIL"] = True
    account()

    visitor.sign_in(claims={"email": email})

    assert visitor.is_signed_in


def test_who_has_signed_in_before_is_not_compared(app, visitor):
    visitor.sign_in(claims={"email": VICTIM})
    app["UNIQUE_EMAIL"] = True
    account()

    assert visitor.sign_in(claims={"email": VICTIM}).status_code == 302


def test_an_address_that_two_have_is_told_in_the_log(app, visitor, caplog):
    account()

    visitor.sign_in(claims={"email": VICTIM})

    assert visitor.is_signed_in
    assert "A new user has the e-mail address of another account: app=default" in caplog.text
    assert VICTIM not in caplog.text


def test_an_address_that_is_not_written_is_not_told(app, visitor, caplog):
    app["USER_FIELDS"] = {}
    account()

    visitor.sign_in(claims={"email": VICTIM})

    assert "A new user has" not in caplog.text
