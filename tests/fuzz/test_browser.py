"""Whatever a browser brings: nobody is signed in by it who did not sign in."""

from urllib.parse import parse_qs, urlencode, urlsplit

from hypothesis import strategies as st

from tests.fuzz.conftest import fuzzed
from tests.fuzz.strategies import octet_changes, unicode_texts

NAMES = ("code", "state", "iss", "error", "id_token", "access_token", "token_type")


@fuzzed(st.lists(st.tuples(st.sampled_from(NAMES) | unicode_texts, unicode_texts), max_size=8))
def test_any_answer_without_a_login(site, pairs):
    visitor = site.visitor()

    response = visitor.client.get("/genauth/callback/?" + urlencode(pairs))

    site.check(visitor, response, harmless=False)


@fuzzed(octet_changes())
def test_any_change_of_an_answer(site, change):
    visitor = site.visitor()
    good = urlsplit(site.provider.authorize(visitor.begin())).query
    changed = change(good.encode()).decode("latin-1")

    response = visitor.client.get("/genauth/callback/?" + changed)

    site.check(visitor, response, harmless=read(changed) == read(good))


@fuzzed(st.dictionaries(st.sampled_from(NAMES), st.lists(unicode_texts, max_size=3), min_size=1))
def test_any_value_of_a_parameter_of_an_answer(site, values):
    visitor = site.visitor()
    good = urlsplit(site.provider.authorize(visitor.begin())).query
    changed = urlencode({**parse_qs(good), **values}, doseq=True)

    response = visitor.client.get("/genauth/callback/?" + changed)

    site.check(visitor, response, harmless=read(changed) == read(good))


@fuzzed(octet_changes())
def test_any_change_of_the_cookie_of_a_login(site, change):
    visitor = site.visitor()
    callback = site.provider.authorize(visitor.begin())
    (cookie,) = [each for name, each in visitor.client.cookies.items() if "genauth" in name]
    good = cookie.value
    visitor.client.cookies[cookie.key] = change(good.encode()).decode("latin-1")

    response = visitor.come_back(callback)

    # Of a segment's last letter not all bits are used, so that it has several spellings.
    changed = visitor.client.cookies[cookie.key].value or good
    site.check(visitor, response, harmless=without_last_letters(changed, good))


@fuzzed(unicode_texts, unicode_texts, unicode_texts)
def test_any_request_to_begin_a_login(site, target, hint, iss):
    visitor = site.visitor()

    response = visitor.client.get(
        "/genauth/login/",
        {"next": target, "target_link_uri": target, "login_hint": hint, "iss": iss},
    )

    site.check(visitor, response, harmless=False)
    assert response.status_code == 400


def read(query):
    """Return the parameters that have a meaning; all others are harmless, where they stand once."""
    # As a browser sends it: without line breaks, tabs and what stands behind a "#".
    pairs = parse_qs(urlsplit(f"?{query}").query, keep_blank_values=True)
    return {name: values for name, values in pairs.items() if name in NAMES}


def without_last_letters(text, other):
    segments = [[each[:-1] for each in cookie.split(".")] for cookie in (text, other)]
    return segments[0] == segments[1]
