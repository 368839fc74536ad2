"""Signatures: LINE's own example form, and everything that is not it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.signature import is_signed, sign


def test_the_signature_is_base64_of_hmac_sha256():
    # Computed with openssl: printf '{}' | openssl dgst -sha256 -hmac secret -binary | base64
    assert sign(b"secret", b"{}") == b"dzJZAsrKgS3CWXM6rNBGtzgXNyx3e42VtAJkdHRRbhM="


@given(st.binary(), st.binary())
def test_what_was_signed_is_signed(secret: bytes, body: bytes):
    assert is_signed(secret, body, sign(secret, body))


@pytest.mark.parametrize("signature", [b"", b"x", b"\xff\xfe", sign(b"other", b"{}")])
def test_every_other_signature_is_not(signature: bytes):
    assert not is_signed(b"secret", b"{}", signature)


@given(st.binary(min_size=1))
def test_one_more_byte_is_another_body(more: bytes):
    assert not is_signed(b"secret", b"{}" + more, sign(b"secret", b"{}"))
