"""What the tests of documented providers share."""

from pathlib import Path

import pytest
from jwcrypto.jwk import JWK


@pytest.fixture
def apple_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> JWK:
    """Have a key of an Apple developer where the page on Apple looks for it."""
    key = JWK.generate(kty="EC", crv="P-256")
    path = tmp_path / "AuthKey.p8"
    path.write_bytes(key.export_to_pem(private_key=True, password=None))
    monkeypatch.setenv("APPLE_KEY_FILE", str(path))
    monkeypatch.setenv("APPLE_KEY_ID", "ABC123DEFG")
    monkeypatch.setenv("APPLE_TEAM_ID", "DEF123GHIJ")
    return key
