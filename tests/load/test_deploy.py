"""The files of *Deploy* run: behind nginx or Caddy, with Gunicorn or uvicorn, over https.

How they are started stands in `deployed`; what is read of them without being run, in
`tests/docs/test_deploy`.
"""

import json
import re
from http.cookiejar import Cookie
from urllib.parse import urlsplit

import pytest

from tests.load.deployed import deployed, file_of, proxy_alone

pytestmark = pytest.mark.load

PAIRS = [("nginx", "gunicorn"), ("nginx", "uvicorn"), ("caddy", "gunicorn")]
LONG = "c" * 7_000
# What the page says that `check --deploy` still warns of.
STILL = {"security.W005", "security.W021"}


@pytest.fixture(scope="module", params=PAIRS, ids="-".join)
def site(request, tmp_path_factory):
    """Run the site once for all tests."""
    proxy, server = request.param
    with deployed(tmp_path_factory.mktemp("site"), proxy=proxy, server=server) as running:
        yield running


@pytest.fixture
def person(site):
    """Open an empty browser."""
    with site.browser() as opened:
        yield opened


def test_the_settings_are_all_that_django_asks_of_a_live_site(site):
    said = site.manage("check --deploy")

    assert set(re.findall(r"\((\w+\.[WE]\d+)\)", said)) == STILL, said


def test_a_person_signs_in(site, person):
    answer = site.sign_in(person, sub="ada")

    assert answer.status_code == 302
    assert site.session_of(person).json()["user"] is not None


def test_the_provider_is_told_the_address_that_people_typed(site, person):
    begun = site.begin(person)

    redirect_uri = f"{site.address}/genauth/callback/"
    assert site.provider.read(begun).redirect_uri == redirect_uri


def test_the_cookies_of_a_session_travel_over_https_alone(site, person):
    site.sign_in(person)

    cookies: list[Cookie] = list(person.cookies)
    assert {cookie.name for cookie in cookies if not cookie.secure} == set()
    assert "sessionid" in person.cookies


def test_a_person_signs_out_here_and_at_the_provider(site, person):
    site.sign_in(person)

    answer = site.sign_out(person)

    assert answer.headers["Location"].startswith(f"{site.provider.base_url}/")
    assert site.session_of(person).json()["user"] is None


def test_the_provider_signs_a_person_out(site, person):
    site.sign_in(person, sub="grace")
    token = site.provider.logout_token(sub="grace")

    with site.browser() as server:
        answer = server.post(
            f"{site.address}/genauth/backchannel-logout/", data={"logout_token": token}
        )

    assert answer.status_code == 200
    assert site.session_of(person).json()["user"] is None


def test_http_leads_to_https(site, person):
    answer = site.get(person, f"http://localhost:{site.plain}/genauth/login/?next=/a/")

    location = urlsplit(answer.headers["Location"])
    assert (location.scheme, location.hostname) == ("https", "localhost")
    assert (location.path, location.query) == ("/genauth/login/", "next=/a/")


def test_https_is_remembered(site, person):
    answer = site.get(person, f"{site.address}/genauth/session/")

    assert answer.headers["Strict-Transport-Security"] == "max-age=3600"


def test_static_files_are_served_and_kept(site, person):
    manifest = json.loads((site.folder / "static/staticfiles.json").read_text("utf-8"))

    answer = site.get(person, f"{site.address}/static/{manifest['paths']['admin/css/base.css']}")

    assert answer.status_code == 200
    assert "max-age=31" in answer.headers["Cache-Control"]


def test_a_long_answer_of_the_provider_arrives_with_eight_thousand_characters_of_cookies(
    site, person
):
    callback = f"{site.address}/genauth/callback/?code={LONG}&state=x"

    answer = site.get(person, callback, headers={"Cookie": f"a={LONG}; b={'d' * 1_000}"})

    # The page of this app, and no refusal of a server.
    assert answer.status_code == 400
    assert "genauth" in answer.text


def test_a_sign_out_with_a_long_id_token_arrives(site, person):
    site.sign_in(person, claims={"note": "n" * 4_000})

    answer = site.sign_out(person)

    assert answer.status_code == 302
    assert len(answer.headers["Location"]) > 5_000


def test_the_log_of_the_proxy_has_no_code(site, person):
    site.sign_in(person)
    site.sign_out(person)

    assert "/genauth/callback/" in site.log("site.log")
    assert not re.search(r"code=|state=|id_token_hint|sessionid|_csrf", site.log("site.log"))


def test_the_log_of_the_site_has_the_address_of_the_visitor_and_no_code(site, person):
    made_up = "made-up-by-an-attacker"
    forged = {"X-Forwarded-For": "203.0.113.9"}

    site.get(person, f"{site.address}/genauth/callback/?code={made_up}&state=y", headers=forged)

    log = site.log("stderr")
    assert re.search(
        r"Sign-in refused: code=\S+ reference=\S+ app=default ip=(127\.0\.0\.1|::1)", log
    )
    assert "203.0.113.9" not in log
    assert made_up not in log


@pytest.mark.parametrize("proxy", ["nginx", "caddy"])
def test_no_log_of_a_proxy_has_a_code_that_the_site_did_not_answer(tmp_path, proxy):
    with proxy_alone(tmp_path, proxy) as site, site.browser() as person:
        site.get(person, f"{site.address}/genauth/callback/?code=never-used&state=x")

    logs = [path for path in tmp_path.iterdir() if path.is_file()]
    assert {"site.log", "stderr"} <= {path.name for path in logs}
    assert [path.name for path in logs if "never-used" in path.read_text("utf-8")] == []


@pytest.fixture(scope="module")
def compose():
    """Read the file of the containers."""
    # Not above: this file is also collected where the library is not installed.
    import yaml

    return yaml.safe_load(file_of("compose.yaml").text)


def test_each_container_is_described_with_keys_that_compose_knows(compose):
    known = {"build", "command", "depends_on", "env_file", "environment", "healthcheck", "image"}
    known |= {"ports", "restart", "volumes"}
    keys = {key for service in compose["services"].values() for key in service}

    assert keys == known
    assert set(compose) == {"x-site", "services", "volumes"}


def test_each_volume_and_service_of_the_containers_is_there(compose):
    services = compose["services"]
    waited_for = {name for each in services.values() for name in each.get("depends_on", ())}
    mounts = [
        mount.split(":")[0] for each in services.values() for mount in each.get("volumes", ())
    ]

    assert waited_for <= set(services)
    assert {each for each in mounts if each.isalpha()} == set(compose["volumes"])


def test_the_containers_keep_the_databases_password_out_of_the_file(compose):
    assert compose["services"]["database"]["environment"]["POSTGRES_PASSWORD"] == "${PGPASSWORD:?}"
