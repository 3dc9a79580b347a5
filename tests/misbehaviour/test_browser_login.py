"""What somebody else makes a browser do: logins that were not begun here, begun twice, or mixed up.

RFC 9700 4.2, 4.4, 4.5 and 4.7; the person at the browser is honest, or is the attacker.
"""

import pytest
from django.contrib.auth import get_user_model

from tests.support.provider.scripted import ScriptedProvider
from tests.support.site.visitor import Visitor

UNKNOWN = "authorization_response.state_unknown"
USED = "authorization_response.state_used"

once = pytest.mark.django_db


@pytest.fixture
def attacker(visitor, provider):
    """Have a browser of one's own, and an account at the provider."""
    return Visitor(provider)


@once
def test_the_callback_of_an_attackers_login_signs_nobody_in(
    visitor, attacker, provider, is_refused
):
    """Login CSRF: the victim would then fill the attacker's account with what is theirs."""
    trap = provider.authorize(attacker.begin(), sub="attacker")

    response = visitor.come_back(trap)

    is_refused(response, 400, UNKNOWN, asked="discovery")


@once
def test_the_same_with_a_login_of_the_victims_own_under_way(
    visitor, attacker, provider, is_refused
):
    visitor.begin()
    trap = provider.authorize(attacker.begin(), sub="attacker")

    response = visitor.come_back(trap)

    is_refused(response, 400, UNKNOWN, asked="discovery")


@once
def test_the_same_for_somebody_who_is_signed_in_leaves_them_who_they_are(
    visitor, attacker, provider
):
    visitor.sign_in()
    before = dict(visitor.client.session)
    trap = provider.authorize(attacker.begin(), sub="attacker")

    visitor.come_back(trap)

    assert dict(visitor.client.session) == before
    assert get_user_model().objects.count() == 1


@once
@pytest.mark.parametrize(
    "path", ["/genauth/login/", "/genauth/login/?iss={iss}&login_hint=attacker"]
)
def test_a_login_that_another_site_begins_ends_with_whoever_the_person_is(visitor, provider, path):
    url = visitor.begin(path=path.format(iss=provider.issuer))

    visitor.come_back(provider.authorize(url, sub="the-person"))

    (subject,) = get_user_model().objects.values_list("genauth_identities__subject", flat=True)
    assert subject == "the-person"


@once
def test_a_code_of_the_victims_is_worth_nothing_in_the_attackers_browser(
    visitor, attacker, provider, refusals
):
    """RFC 9700 4.5: the code goes with the challenge of the victim's browser."""
    stolen = dict(provider.respond(visitor.begin(), sub="victim").pairs)["code"]

    attacker.sign_in(sub="attacker", code=stolen)

    assert refusals.codes == ["oauth.invalid_grant"]
    assert not attacker.is_signed_in


@once
def test_a_stolen_code_that_comes_first_does_not_use_up_the_victims_login(
    visitor, attacker, provider
):
    answer = provider.respond(visitor.begin(), sub="victim")
    attacker.sign_in(code=dict(answer.pairs)["code"])

    visitor.come_back(answer.url)

    assert visitor.is_signed_in


@once
def test_the_token_of_an_attackers_login_does_not_fit_the_victims(visitor, attacker, provider):
    attacker.sign_in(sub="attacker")
    (token,) = provider.issued_id_tokens
    provider.forge("id_token", token_edit=lambda honest: token)

    visitor.sign_in(sub="victim")

    assert not visitor.is_signed_in


@once
def test_a_callback_opens_one_door_once(visitor, provider, refusals):
    callback = provider.authorize(visitor.begin())
    cookies = dict(visitor.client.cookies)
    visitor.come_back(callback)
    again = Visitor(provider)
    again.client.cookies.update(cookies)
    provider.forget_requests()

    response = again.come_back(callback)

    assert (response.status_code, refusals.codes) == (400, [USED])
    assert provider.asked == []
    assert not again.is_signed_in


@once
def test_a_callback_that_failed_cannot_be_tried_again(visitor, provider, refusals):
    callback = provider.authorize(visitor.begin())
    cookies = dict(visitor.client.cookies)
    provider.lie("token", status=500)
    visitor.come_back(callback)
    provider.tell_the_truth()
    visitor.client.cookies.update(cookies)

    visitor.come_back(callback)

    assert refusals.codes == ["provider_unavailable.status_500", USED]
    assert not visitor.is_signed_in


@once
def test_a_session_key_that_was_planted_is_not_the_one_of_the_login(visitor):
    """Session fixation: whoever planted the key would be signed in with it as well."""
    visitor.client.session.save()
    planted = visitor.client.session
    planted["planted"] = True
    planted.save()
    before = visitor.client.session.session_key

    visitor.sign_in()

    assert visitor.is_signed_in
    assert visitor.client.session.session_key != before
    assert not planted.exists(before)


@once
def test_a_session_key_of_ones_own_making_is_not_taken(visitor):
    visitor.client.cookies["sessionid"] = "planted" * 4

    visitor.sign_in()

    assert visitor.client.cookies["sessionid"].value != "planted" * 4


@once
def test_another_persons_login_in_the_same_browser_sees_nothing_of_the_first(visitor, provider):
    visitor.sign_in(sub="first")
    session = visitor.client.session
    session["basket"] = "the first one's"
    session.save()

    visitor.sign_in(sub="second")

    assert "basket" not in visitor.client.session


@pytest.fixture
def other(settings, app):
    """Run another provider for a second app of the site."""
    with ScriptedProvider() as running:
        settings.GENAUTH = {"default": app, "other": app | {"APP_HOST": running.base_url}}
        yield running


OTHER = "/genauth/other/login/"


@once
def test_two_apps_sign_in_each_at_its_own_provider(visitor, provider, other):
    visitor.come_back(other.authorize(visitor.begin(path=OTHER)))

    assert visitor.is_signed_in
    assert provider.asked == []


@once
@pytest.mark.parametrize(
    ("begun", "ended"),
    [
        pytest.param("/genauth/login/", "/genauth/other/callback/", id="ended at the other"),
        pytest.param(OTHER, "/genauth/callback/", id="begun at the other"),
    ],
)
def test_an_answer_at_the_other_apps_callback_is_refused(
    visitor, provider, other, refusals, begun, ended
):
    """RFC 9700 4.4: or one provider would be handed the code of the other."""
    begun_at = other if "other" in begun else provider
    callback = begun_at.authorize(visitor.begin(path=begun))
    provider.forget_requests()
    other.forget_requests()

    response = visitor.client.get(f"{ended}?{callback.partition('?')[2]}")

    assert (response.status_code, refusals.codes) == (400, [UNKNOWN])
    assert (provider.asked, other.asked) == ([], [])


@once
def test_an_answer_of_the_other_provider_does_not_pass_for_this_ones(
    visitor, provider, other, refusals
):
    """Its iss betrays it, before its code is sent to the wrong place (RFC 9207 2.4)."""
    provider.iss_in_response = True
    callback = provider.authorize(visitor.begin(), iss=other.issuer)

    visitor.come_back(callback)

    assert refusals.codes == ["authorization_response.iss_wrong"]
    assert provider.asked == ["discovery"]


@once
def test_a_person_of_one_provider_is_not_the_one_of_the_same_subject_at_the_other(
    visitor, provider, other
):
    visitor.sign_in(sub="same")
    second = Visitor(other)

    second.come_back(other.authorize(second.begin(path=OTHER), sub="same"))

    assert visitor.client.session["_auth_user_id"] != second.client.session["_auth_user_id"]


@once
def test_an_id_token_of_the_other_provider_is_refused(visitor, provider, other, refusals):
    """It has the same client id, and the provider in the middle could hand it on."""
    other.keys, other.id_token_key = provider.keys, provider.id_token_key
    grabber = Visitor(other)
    grabber.come_back(other.authorize(grabber.begin(path=OTHER), sub="victim"))
    (token,) = other.issued_id_tokens
    provider.forge("id_token", token_edit=lambda honest: token)

    visitor.sign_in()

    assert refusals.codes == ["id_token.iss"]
