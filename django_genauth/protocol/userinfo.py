"""The userinfo endpoint: claims about the person of an access token (OIDC Core 5.3)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from django_genauth.protocol.encryption import Decryption, decrypted
from django_genauth.protocol.errors import UserInfoError
from django_genauth.protocol.genauth import read_answer
from django_genauth.protocol.id_token import PROTOCOL_CLAIMS, IdToken, subject_of
from django_genauth.protocol.jws import KeyFinder, verified_claims
from django_genauth.protocol.messages import HttpRequest, HttpResponse
from django_genauth.protocol.registered_claims import check_audience, check_issuer, check_lifetime

__all__ = [
    "UserInfo",
    "identify",
    "is_email_verified",
    "merged",
    "parse_userinfo",
    "userinfo_request",
]

_VERIFIED: Final = {"email": "email_verified", "phone_number": "phone_number_verified"}


@dataclass(frozen=True, slots=True, kw_only=True)
class UserInfo:
    """Hold the person whom an access token belongs to; only `identify` makes one."""

    issuer: str
    subject: str
    claims: Mapping[str, Any] = field(repr=False)


def userinfo_request(
    userinfo_endpoint: str, access_token: str, *, scheme: str = "Bearer"
) -> HttpRequest:
    """Build the request, with the token in a header (RFC 6750 2.1) and never in the address.

    `scheme` is `DPoP` for a token that is bound to a key (RFC 9449 7.1).
    """
    return HttpRequest(
        method="GET",
        url=userinfo_endpoint,
        headers={"Accept": "application/json", "Authorization": f"{scheme} {access_token}"},
    )


def parse_userinfo(
    response: HttpResponse,
    *,
    issuer: str,
    client_id: str,
    algorithm: str,
    find_key: KeyFinder,
    now: float,
    leeway: float,
    decryption: Decryption | None = None,
) -> dict[str, Any]:
    """Parse the claims of an answer, which is JSON or signed (OIDC Core 5.3.2).

    `algorithm` is that of a signed answer, which may be another than the ID token's. With a
    `decryption` the answer has to be encrypted, and signed inside. Raises UserInfoError, OAuthError
    where the provider refused, ProviderUnavailable where it could not answer.
    """
    if response.media_type != "application/jwt" or response.status != 200:
        answer = read_answer(response, endpoint="userinfo", error=UserInfoError)
        if decryption is None:
            return answer
        raise UserInfoError(
            f"The answer is not encrypted, as {decryption.setting} demands. Switch encryption on"
            " for the app in the provider's console.",
            reason="not_encrypted",
        )
    text = response.body.decode("latin-1")  # which every octet has; the alphabet is checked later
    claims = verified_claims(
        decrypted(text, decryption, error=UserInfoError),
        algorithms={algorithm},
        find_key=find_key,
        accepted_types={"jwt"},
        error=UserInfoError,
    )
    # OIDC Core 5.3.2: iss and aud SHOULD be there; where they are, they are about us.
    if "iss" in claims:
        check_issuer(claims, issuer, error=UserInfoError)
    if "aud" in claims:
        check_audience(claims, client_id, error=UserInfoError)
    # It may name times as well, and those that it names have to hold (RFC 7519 4.1.4-6).
    check_lifetime(claims, now=now, leeway=leeway, error=UserInfoError, required=False)
    return claims


def identify(claims: Mapping[str, Any], *, issuer: str) -> UserInfo:
    """Return the person whom a userinfo answer is about.

    For OAuth 2.0 without ID tokens: what vouches for the person is that the provider itself told
    it, over its own connection, for a token that it had just handed to this client. Raises
    UserInfoError.
    """
    subject = subject_of(claims, error=UserInfoError)
    person = {name: each for name, each in claims.items() if name not in PROTOCOL_CLAIMS}
    return UserInfo(
        issuer=issuer, subject=subject, claims={**person, "iss": issuer, "sub": subject}
    )


def merged(id_token: IdToken, userinfo: Mapping[str, Any]) -> IdToken:
    """Return the ID token with the claims of its person's userinfo added.

    OIDC Core 5.3.4: unless sub is the ID token's, the claims are somebody else's. What the ID
    token says of itself is never replaced. Raises UserInfoError.
    """
    if userinfo.get("sub") != id_token.subject:
        raise UserInfoError("The userinfo's sub is not the ID token's.", reason="sub")
    claims = dict(id_token.claims)
    for about, verified in _VERIFIED.items():
        # "Verified" was said of the other address; of this one nothing was said.
        if about in userinfo and userinfo[about] != claims.get(about):
            claims.pop(verified, None)
    claims.update((name, each) for name, each in userinfo.items() if name not in PROTOCOL_CLAIMS)
    return replace(id_token, claims=claims)


def is_email_verified(claims: Mapping[str, Any], *, allow_text: bool = False) -> bool:
    """Tell whether the provider vouches for the email claim (OIDC Core 5.1).

    The boolean true alone, as the text "false" is true in Python. `allow_text` also takes the text
    "true", which Apple and Amazon Cognito write.
    """
    said = claims.get("email_verified")
    return said is True or (allow_text and said == "true")
