"""A certificate authority of the tests' own, and server certificates by it.

Nothing of it is installed anywhere: a client trusts it by the path of its bundle.
"""

from __future__ import annotations

import atexit
import ipaddress
import shutil
import ssl
import tempfile
import warnings
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_DAY = timedelta(days=1)


class Authority:
    """Be a certificate authority for as long as the process runs."""

    last_server_file: Path
    """Where the newest certificate of a server stands, with its key."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="genauth-tests-ca-"))
        atexit.register(shutil.rmtree, self._folder, ignore_errors=True)
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._certificate = (
            _builder("Test authority", self._key.public_key(), datetime.now(UTC) + _DAY)
            .issuer_name(_name("Test authority"))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_key_usage(ca=True), critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()), critical=False
            )
            .sign(self._key, hashes.SHA256())
        )

    @cached_property
    def bundle(self) -> Path:
        """Write the authority's certificate to a file, once, and return its path."""
        path = self._folder / "ca.pem"
        path.write_bytes(self._certificate.public_bytes(serialization.Encoding.PEM))
        return path

    def server_context(
        self,
        names: tuple[str, ...] = ("127.0.0.1", "localhost"),
        *,
        expired: bool = False,
        early: bool = False,
    ) -> ssl.SSLContext:
        """Return a server's TLS context with a new certificate for those addresses and names.

        Its time is over where `expired` is set, and has not come yet where `early` is.
        """
        key = ec.generate_private_key(ec.SECP256R1())
        end = datetime.now(UTC) - _DAY if expired else datetime.now(UTC) + _DAY
        begin = datetime.now(UTC) + _DAY / 2 if early else None
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key())
        certificate = (
            _builder(names[0], key.public_key(), end, begin)
            .issuer_name(self._certificate.subject)
            .add_extension(
                x509.SubjectAlternativeName([_alternative(name) for name in names]), critical=False
            )
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(ca=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
            .add_extension(identifier, critical=False)
            .sign(self._key, hashes.SHA256())
        )
        return self._context(key, certificate)

    def client_certificate(self, name: str = "a client") -> tuple[str, str]:
        """Make a certificate of a client, and return the paths of it and of its key."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = (
            _builder(name, key.public_key(), datetime.now(UTC) + _DAY)
            .issuer_name(self._certificate.subject)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(_key_usage(ca=False), critical=True)
            .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False)
            .sign(self._key, hashes.SHA256())
        )
        certificate, private = (
            self._folder / f"{made.serial_number}-{part}.pem" for part in ("client", "key")
        )
        certificate.write_bytes(made.public_bytes(serialization.Encoding.PEM))
        private.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
        )
        return str(certificate), str(private)

    def mutual_context(self, *, is_required: bool = False) -> ssl.SSLContext:
        """Return a server's TLS context that asks clients for a certificate of this authority."""
        context = self.server_context()
        context.load_verify_locations(self.bundle)
        context.verify_mode = ssl.CERT_REQUIRED if is_required else ssl.CERT_OPTIONAL
        if is_required:
            # The handshake of a later version is over before the client hears of it.
            context.maximum_version = ssl.TLSVersion.TLSv1_2
        return context

    def self_signed_context(self) -> ssl.SSLContext:
        """Return a server's TLS context with a certificate that vouches for itself."""
        key = ec.generate_private_key(ec.SECP256R1())
        certificate = (
            _builder("127.0.0.1", key.public_key(), datetime.now(UTC) + _DAY)
            .issuer_name(_name("127.0.0.1"))
            .add_extension(x509.SubjectAlternativeName([_alternative("127.0.0.1")]), critical=False)
            .sign(key, hashes.SHA256())
        )
        return self._context(key, certificate)

    def outdated_context(self, version: ssl.TLSVersion) -> ssl.SSLContext:
        """Return a server's TLS context that speaks no later version of the protocol."""
        context = self.server_context()
        # Old versions need old digests, which OpenSSL leaves out otherwise.
        context.set_ciphers("ALL:@SECLEVEL=0")
        with warnings.catch_warnings(action="ignore"):
            context.minimum_version = ssl.TLSVersion.TLSv1
            context.maximum_version = version
        return context

    def _context(self, key: ec.EllipticCurvePrivateKey, made: x509.Certificate) -> ssl.SSLContext:
        path = self._folder / f"{made.serial_number}.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + made.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        self.last_server_file = path
        return context


@cache
def authority() -> Authority:
    """Return the one authority that this process's clients are told to trust."""
    return Authority()


def _builder(
    common_name: str,
    key: ec.EllipticCurvePublicKey,
    end: datetime,
    begin: datetime | None = None,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(_name(common_name))
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin or datetime.now(UTC) - 3 * _DAY)
        .not_valid_after(end)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _alternative(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _key_usage(*, ca: bool) -> x509.KeyUsage:
    # Python 3.13 verifies strictly (RFC 5280 4.2.1.3): an authority has to say that it signs.
    return x509.KeyUsage(
        digital_signature=not ca,
        key_cert_sign=ca,
        crl_sign=ca,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )
