"""An OpenID Connect provider on this machine, for tests: it knows one person and asks them nothing."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

CLIENT_ID, CLIENT_SECRET = "posedeck-tests", "a secret of the tests"


@dataclass
class Provider:
    """Who logs in next, and what is asked."""

    address: str
    person: dict[str, Any] = field(default_factory=dict)
    nonces: dict[str, str] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)

    @property
    def metadata_url(self) -> str:
        return f"{self.address}/.well-known/openid-configuration"


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _number(value: int) -> str:
    return _text(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def _signed(key: rsa.RSAPrivateKey, claims: dict[str, Any]) -> str:
    head = {"alg": "RS256", "typ": "JWT", "kid": "1"}
    body = ".".join(_text(json.dumps(part).encode()) for part in (head, claims))
    return f"{body}.{_text(key.sign(body.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


@contextmanager
def running_provider() -> Iterator[Provider]:
    """The provider, until the block ends."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    public = key.public_key().public_numbers()

    class Handler(BaseHTTPRequestHandler):
        def _json(self, answer: object) -> None:
            data = json.dumps(answer).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def do_GET(self) -> None:
            url = urlsplit(self.path)
            provider.asked.append(url.path)
            query = {name: values[0] for name, values in parse_qs(url.query).items()}
            if url.path == "/authorize":
                provider.nonces["code"] = query["nonce"]
                back = urlencode({"code": "code", "state": query["state"]})
                self.send_response(302)
                self.send_header("Location", f"{query['redirect_uri']}?{back}")
                self.end_headers()
            elif url.path == "/keys":
                one = {"kty": "RSA", "use": "sig", "alg": "RS256", "kid": "1"}
                self._json({"keys": [one | {"n": _number(public.n), "e": _number(public.e)}]})
            else:
                self._json(
                    {
                        "issuer": provider.address,
                        "authorization_endpoint": f"{provider.address}/authorize",
                        "token_endpoint": f"{provider.address}/token",
                        "jwks_uri": f"{provider.address}/keys",
                        "response_types_supported": ["code"],
                        "subject_types_supported": ["public"],
                        "id_token_signing_alg_values_supported": ["RS256"],
                    }
                )

        def do_POST(self) -> None:
            provider.asked.append(self.path)
            body = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            now = int(time.time())
            claims = {
                "iss": provider.address,
                "aud": CLIENT_ID,
                "sub": "1",
                "iat": now,
                "exp": now + 600,
                "nonce": provider.nonces[body["code"][0]],
            }
            token = _signed(key, claims | provider.person)
            self._json({"access_token": "a", "token_type": "Bearer", "expires_in": 600, "id_token": token})

        def log_message(self, *_: object) -> None:
            """Keep the test's output quiet."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        provider = Provider(f"http://127.0.0.1:{server.server_port}")
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield provider
        finally:
            server.shutdown()
