"""Examine the claims of a trial login: which came, and what a login would make of them.

Nothing is saved, and a site's own backend is not asked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from django.contrib.auth import get_user_model

from django_genauth.backends.claim_paths import (
    MISSING,
    Source,
    callable_of,
    find,
    shown_source,
)
from django_genauth.backends.claims import FLAGS, columns, unsent, user_values
from django_genauth.backends.rights import flags, group_names
from django_genauth.conf import App
from django_genauth.doctor.findings import Examination, listed, shown
from django_genauth.protocol.id_token import PROTOCOL_CLAIMS

Claims = Mapping[str, Any]

# Claims that providers put objects into are two or three levels deep.
_DEEPEST: Final = 4


def examine_claims(app: App, examination: Examination, claims: Claims) -> None:
    """Tell which claims came and what is made of them; find those that a setting lacks."""
    told = {name: claims[name] for name in claims.keys() - PROTOCOL_CLAIMS}
    came = sorted(name for name, value in _names(told) if value is not None)
    nulls = sorted(name for name, value in _names(told) if value is None)
    examination.good += [
        f"Claims that came: {listed(came)}.",
        f"Claims that came as null: {listed(nulls)}.",
    ]
    _examine_callables(app, examination, claims)
    model = get_user_model()
    values = user_values(model, app, claims)
    for name, source in app.user_fields.items():
        if name in values:
            made = f"{name} = {shown(values[name])}"
            examination.good.append(f"Made of {shown_source(source)}: {made}.")
        elif name in columns(model) and name not in FLAGS and _came(source, claims):
            examination.notes.append(
                f"{shown_source(source)} came, and the user's field {name} cannot hold it."
            )
    missing = unsent(model, app, claims)
    for key, names in missing.items():
        examination.found(
            f"claims.{key.lower()}",
            f"The provider did not send {', '.join(names)}, which {key} wants.",
            _where_claims_are(app, key, names, claims),
        )
    if app.groups_claim is not None and "GROUPS_CLAIM" not in missing:
        _examine_groups(app, examination, claims)
    for name, value in flags(model, app, claims).items():
        examination.good.append(f"Made of the groups or of a claim: {name} = {shown(value)}.")


def _came(source: Source, claims: Claims) -> bool:
    found = find(source, claims)
    return found is not MISSING and found is not None


def _examine_callables(app: App, examination: Examination, claims: Claims) -> None:
    """Call what USER_FIELDS names: a login goes on without the field where that fails."""
    for name, source in app.user_fields.items():
        function = None if find(source, claims) is not MISSING else callable_of(source)
        if function is None:
            continue
        try:
            function(claims)
        except Exception as error:  # noqa: BLE001 # it is the site's
            examination.found(
                "claims.callable",
                f"{shown_source(source)} failed ({type(error).__name__}), so that {name} stays as"
                " it is.",
                "Call it in `manage.py shell` with claims such as those that came.",
            )


def _examine_groups(app: App, examination: Examination, claims: Claims) -> None:
    source = shown_source(app.groups_claim or "")
    came = find(app.groups_claim or "", claims)
    names = group_names(app, claims)
    if names is None:
        examination.found(
            "claims.groups_left_out",
            "The provider left out the groups of this person, who is in too many.",
            "Let it send fewer (at Microsoft Entra those that are assigned to the application), or"
            " name app roles in GROUPS_CLAIM.",
        )
    elif not names and came:
        inside = [name for name, value in _names({source: came}) if isinstance(value, list)]
        examination.found(
            "claims.groups_claim",
            f"{source} came as {shown(came)}, of which no group can be made.",
            f"Name the list inside: GROUPS_CLAIM may be {listed(inside)}."
            if inside and isinstance(came, dict)
            else "Let it hold texts, objects with a code or a name, or an object of roles, or name"
            " them in GROUP_NAMES.",
        )
    else:
        examination.good.append(f"Groups made of {source}: {_listed(names)}.")


def _listed(names: frozenset[str]) -> str:
    """Return the groups as JSON texts, as each terminal can show them; `none` for no group."""
    return ", ".join(shown(name) for name in sorted(names)) or "none"


def _names(claims: Claims, prefix: str = "", level: int = 1) -> Iterator[tuple[str, Any]]:
    """Yield the names of claims and of what objects hold, as paths with dots."""
    for name, value in claims.items():
        path = f"{prefix}{name}"
        if isinstance(value, dict) and value and level < _DEEPEST:
            yield from _names(value, f"{path}.", level + 1)
        else:
            yield path, value


def _where_claims_are(app: App, key: str, names: list[str], claims: Claims) -> str:
    client = app.client.registration
    asked = client.userinfo or not client.is_oidc
    last = {name.rpartition(".")[2] for name in names}
    elsewhere = [path for path, _ in _names(claims) if path.rpartition(".")[2] in last]
    return (
        (f"Claims of that name came as {listed(elsewhere)}. " if elsewhere else "")
        + "Add the scope that brings it to SCOPE"
        + ("" if asked else ', set "USERINFO": True, as some providers tell it there alone')
        + f", or change {key}. Or this person has none."
    )
