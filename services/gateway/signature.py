"""Who sent this: LINE signs the raw bytes of each webhook with the channel's secret."""

import hmac
from base64 import b64encode


def sign(secret: bytes, body: bytes) -> bytes:
    """Return the value of `x-line-signature` for a body."""
    return b64encode(hmac.digest(secret, body, "sha256"))


def is_signed(secret: bytes, body: bytes, signature: bytes) -> bool:
    """Tell whether the signature is that of the body, in a time that tells nothing else."""
    return hmac.compare_digest(sign(secret, body), signature)
