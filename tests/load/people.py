"""People who use a site with several devices, and judge every answer.

What excuses a finding stands in `journal`, and what becomes of the sign-ins that were lost in
`mixed`.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Collection
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import requests

from tests.load.crowd import Told, browser
from tests.load.journal import Fault, Journal

# In seconds; nobody is kept waiting for longer, whatever is out of order.
_PATIENCE = 40
_MOST_DEVICES = 3
_TRIES = 60


@dataclass(frozen=True, kw_only=True)
class Device:
    """Hold what a browser keeps of a sign-in, and how the provider names that."""

    cookies: dict[str, str]
    number: int
    sid: str


class Site:
    """Ask the site, each time over a connection of its own."""

    def __init__(self, address: str) -> None:
        self.address = address
        # The process of the last page.
        self.worker = 0

    def ask(self, method: str, path: str, **more: Any) -> requests.Response | None:
        """Return the answer, or None where the connection was lost."""
        with browser() as once:
            return self.ask_by(once, method, path, **more)

    def ask_by(
        self, asking: requests.Session, method: str, path: str, **more: Any
    ) -> requests.Response | None:
        """Do the same with a browser that keeps cookies."""
        asking.headers["Connection"] = "close"
        try:
            return asking.request(
                method, f"{self.address}{path}", allow_redirects=False, timeout=_PATIENCE, **more
            )
        except requests.ConnectionError:
            return None


class Person:
    """Sign in, look at pages, and leave in several ways; `act` does one of them."""

    def __init__(self, sub: str, site: Site, provider: Told, journal: Journal) -> None:
        self.sub = sub
        self.devices: list[Device] = []
        # The numbers of sign-ins.
        self.completed: set[int] = set()
        self.tried_to_leave: set[int] = set()
        self._site = site
        self._provider = provider
        self._journal = journal
        self._random = random.Random(sub)  # noqa: S311 # no secret

    def pause(self) -> float:
        """Return how many seconds to think until the next deed."""
        return self._random.uniform(0.2, 1.2)

    def act(self) -> None:
        """Do something."""
        if not self.devices:
            self.sign_in()
            return
        deeds: list[tuple[int, Callable[[], object]]] = [
            (50, lambda: self.look(self._any_device())),
            (15, lambda: self.look(self._any_device(), token=True)),
            (8, self._look_at_once),
            (8, self.sign_in),
            (5, lambda: self._leave([self._any_device()], self._sign_out)),
            (4, lambda: self._leave([self._any_device()], self._be_signed_out)),
            (2, lambda: self._leave(self.devices[:], self._be_signed_out_everywhere)),
            (2, lambda: self._leave(self.devices[:], self._delete_account)),
            (4, self._make_up_callback),
        ]
        (deed,) = self._random.choices([do for _, do in deeds], [weight for weight, _ in deeds])
        deed()

    def sign_in(self) -> None:
        """Sign in with one more device."""
        if len(self.devices) == _MOST_DEVICES:
            return
        began = time.time()
        with browser() as person:
            begun = self._site.ask_by(person, "GET", "/genauth/login/?next=/me/")
            if not self._is_redirect("login", begun, began, {"provider", "redis"}):
                return
            arguments = json.dumps([begun.headers["Location"], self.sub])
            told = json.loads(self._provider(f"sign-in {arguments}"))
            path = told["callback"].removeprefix(self._site.address)
            ended = self._site.ask_by(person, "GET", path)
            if not self._is_redirect("callback", ended, began, {"provider", "redis", "postgres"}):
                return
            if ended.headers["Location"] != "/me/":
                self._journal.note("callback", began, "led elsewhere")
            cookies = {name: str(value) for name, value in person.cookies.items()}
        self.completed.add(told["number"])
        self.devices.append(Device(cookies=cookies, number=told["number"], sid=told["sid"]))
        self.look(self.devices[-1], token=True)

    def look(
        self, device: Device, *, token: bool = False, may_be_over: bool = False
    ) -> bool | None:
        """Look at a page; return whether the person is signed in, None where nothing tells."""
        began = time.time()
        deed = "page with token" if token else "page"
        page = self._site.ask("GET", f"/me/{'?token' * token}", cookies=device.cookies)
        if page is None:
            self._journal.note(deed, began, "connection lost", excuses={"worker"})
            return None
        if page.status_code == requests.codes.found:
            if not may_be_over:
                self._journal.note(deed, began, "signed out", sign_in=device.number)
                self._forget([device])
            return False
        if may_be_over and page.status_code in (
            requests.codes.bad_request,
            requests.codes.not_found,
        ):
            # The site's own answers where a session or an account ends while the page is made.
            self._journal.note(deed, began)
            return None
        if page.status_code != requests.codes.ok:
            self._journal.note(deed, began, f"status {page.status_code}", excuses={"postgres"})
            return None
        told = page.json()
        self._site.worker = told["worker"]
        if may_be_over and told.get("error", "").startswith("grant."):
            del told["error"]
        error = told.get("error", "")
        if error.startswith("grant."):
            self._journal.note(deed, began, error, sign_in=device.number)
            return True
        is_told = error.startswith("provider_unavailable.")
        finding = self._judge(told, device, began) or (f"no token: {error}" if error else None)
        excuses: Collection[Fault] = {"provider", "worker"} if is_told else ()
        self._journal.note(deed, began, finding, excuses=excuses, is_told=is_told)
        return True

    def _judge(self, told: dict[str, Any], device: Device, began: float) -> str | None:
        """Return what is wrong with a page, whatever is out of order."""
        if (told["of_user"], told["of_sign_in"]) != (self.sub, self.sub):
            return "somebody else's page"
        if "token" in told:
            token = json.loads(self._provider(f"whose {told['token']}"))
            if (token["sub"], token["number"]) != (self.sub, device.number):
                return "the token of another sign-in"
            if token["exp"] < began:
                return "a token that had expired"
        return None

    def _any_device(self) -> Device:
        return self._random.choice(self.devices)

    def _look_at_once(self) -> None:
        """Look from several tabs of all devices at the same time."""
        with ThreadPoolExecutor(6) as tabs:
            for device in self.devices[:]:
                tabs.submit(self.look, device, token=True)
                tabs.submit(self.look, device)

    def _leave(self, leaving: list[Device], how: Callable[[list[Device]], bool]) -> None:
        """Leave while pages are loaded; afterwards, none of the devices may be signed in."""
        began = time.time()
        self.tried_to_leave |= {device.number for device in leaving}
        with ThreadPoolExecutor(6) as tabs:
            for device in leaving:
                tabs.submit(self.look, device, token=True, may_be_over=True)
                tabs.submit(self.look, device, may_be_over=True)
            has_left = how(leaving)
        for device in leaving:
            is_signed_in = self._look_until_told(device)
            if not has_left and is_signed_in:
                continue
            self._forget([device])
            if is_signed_in:
                self._journal.note("ended session", began, f"lives on after {how.__name__}")
            elif has_left:
                self._journal.note("ended session", began)

    def _look_until_told(self, device: Device) -> bool | None:
        for _ in range(_TRIES):
            is_signed_in = self.look(device, may_be_over=True)
            if is_signed_in is not None:
                break
            time.sleep(0.5)
        return is_signed_in

    def _forget(self, devices: list[Device]) -> None:
        self.devices = [each for each in self.devices if each not in devices]

    def _sign_out(self, devices: list[Device]) -> bool:
        return self._post("sign-out", "/genauth/logout/", devices[0])

    def _delete_account(self, devices: list[Device]) -> bool:
        return self._post("deletion", "/delete/", devices[0])

    def _post(self, deed: str, path: str, device: Device) -> bool:
        began = time.time()
        session = self._site.ask("GET", "/genauth/session/", cookies=device.cookies)
        answer = session
        if session is not None and session.status_code == requests.codes.ok:
            cookies = {**device.cookies, "csrftoken": session.cookies["csrftoken"]}
            token = {"X-CSRFToken": session.json()["csrf_token"]}
            answer = self._site.ask("POST", path, cookies=cookies, headers=token)
            # Signing out shows a page where the provider cannot be told.
            if answer is not None and answer.status_code in (
                requests.codes.ok,
                requests.codes.found,
            ):
                self._journal.note(deed, began)
                return True
        if answer is None:
            self._journal.note(deed, began, "connection lost", excuses={"worker"})
        elif answer.status_code != requests.codes.bad_request:
            self._journal.note(deed, began, f"status {answer.status_code}", excuses={"postgres"})
        # Else Django found, when it had done what was asked for, that the session was over.
        return False

    def _be_signed_out(self, devices: list[Device]) -> bool:
        return self._back_channel({"sid": devices[0].sid})

    def _be_signed_out_everywhere(self, devices: list[Device]) -> bool:
        return self._back_channel({"sub": self.sub})

    def _back_channel(self, named: dict[str, str]) -> bool:
        """Have the provider sign the person out, which tries until the site has done it."""
        excuses: dict[int | None, set[Fault]] = {None: {"worker"}}
        for _ in range(_TRIES):
            began = time.time()
            token = self._provider(f"logout-token {json.dumps(named)}")
            answer = self._site.ask(
                "POST", "/genauth/backchannel-logout/", data={"logout_token": token}
            )
            status = None if answer is None else answer.status_code
            if status == requests.codes.ok:
                self._journal.note("back-channel logout", began)
                return True
            excused = excuses.get(status, {"postgres", "redis", "provider"})
            self._journal.note("back-channel logout", began, f"status {status}", excuses=excused)
            time.sleep(0.5)
        return False

    def _make_up_callback(self) -> None:
        began = time.time()
        answer = self._site.ask("GET", "/genauth/callback/?code=made-up&state=made-up")
        if answer is None:
            self._journal.note("made-up callback", began, "connection lost", excuses={"worker"})
            return
        is_refused = answer.status_code == requests.codes.bad_request
        finding = None if is_refused else f"status {answer.status_code}"
        self._journal.note("made-up callback", began, finding)

    def _is_redirect(
        self, deed: str, answer: requests.Response | None, began: float, excuses: set[Fault]
    ) -> bool:
        if answer is None:
            self._journal.note(deed, began, "connection lost", excuses={"worker"})
            return False
        if answer.status_code == requests.codes.found:
            self._journal.note(deed, began)
            return True
        is_told = (
            answer.status_code == requests.codes.unavailable and "Retry-After" in answer.headers
        )
        excused: Collection[Fault] = excuses if is_told else ()
        if deed == "callback" and answer.status_code == requests.codes.bad_request:
            # Django's own where the database goes away while the session is written at the end.
            excused = {"postgres"}
        finding = f"status {answer.status_code}"
        self._journal.note(deed, began, finding, excuses=excused, is_told=is_told)
        return False
