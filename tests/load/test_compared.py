"""As many people sign in as by mozilla-django-oidc, at a provider that takes its time.

Two sites of gunicorn's with two workers of 32 threads, alike but for the package; they have turns,
so that both are measured on the machine as it is. `-s` shows the figures.
"""

import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from tests.load.crowd import Crowd, browser
from tests.load.running import running_provider, running_site_at
from tests.support.tables import show

pytestmark = pytest.mark.load

LOGINS = {"django_genauth": "/genauth/login/", "mozilla_django_oidc": "/oidc/authenticate/"}
PEOPLE = 64
ROUNDS = 3
SECONDS = 5


def signed_in(crowd):
    """Return how many sign in a second, and the statuses with which logins end."""
    statuses = Counter()
    counting = threading.Lock()
    ends = time.monotonic() + SECONDS

    def come_again():
        while time.monotonic() < ends:
            with browser() as person:
                status = crowd.sign_in(person)
            with counting:
                statuses[status] += 1

    with ThreadPoolExecutor(PEOPLE) as people:
        for _ in range(PEOPLE):
            people.submit(come_again)
    return statuses


def require_signed_in(crowd, site):
    """Fail unless a login of the crowd's signs somebody in: a refusal may be a redirect too."""
    with browser() as person:
        crowd.sign_in(person)
        assert person.get(site).text not in ("", "Hello .")


@pytest.fixture(scope="module")
def statuses(tmp_path_factory):
    """Let a crowd sign in at both, in turns; return the statuses of each."""
    with running_provider() as (app, tell), ExitStack() as sites:
        crowds = {}
        for name, login in LOGINS.items():
            folder = tmp_path_factory.mktemp(name)
            site = sites.enter_context(
                running_site_at(app, folder, threads=32, package=name, settings="compared_settings")
            )
            crowds[name] = Crowd(site, tell, login=login)
            # Threads are begun, and documents fetched.
            signed_in(crowds[name])
            require_signed_in(crowds[name], site)
        tell("slow 0.3")
        found = {name: Counter() for name in crowds}
        for _ in range(ROUNDS):
            for name, crowd in crowds.items():
                found[name] += signed_in(crowd)
    seconds = ROUNDS * SECONDS
    rows = [
        (name, f"{counted[302] / seconds:.1f}", f"{counted.total() - counted[302]}")
        for name, counted in found.items()
    ]
    title = f"{PEOPLE} people sign in again and again, the provider takes 0.3 s"
    show(title, ("", "sign-ins a second", "refused"), rows, name="sign-ins")
    return found


def test_nobody_is_refused(statuses):
    assert set(statuses["django_genauth"]) == {302}


def test_no_fewer_sign_in_than_by_mozilla_django_oidc(statuses):
    ours, theirs = (statuses[name][302] for name in LOGINS)

    # The rest is what the machine itself adds or takes.
    assert ours >= 0.85 * theirs
