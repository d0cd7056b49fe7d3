"""RFC 8291's own example, byte for byte, and keys that are none."""

from __future__ import annotations

import os

import pytest

from notifications.push import sealing
from tests.fakes.push_service import Browser

# RFC 8291, appendix A.
RECEIVER = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
AUTH = "BTBZMqHH6r4Tts7J_aSIgg"
SENDER = "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"
SALT = "DGv6ra1nlYgDCS1FRnbzlw"
BODY = (
    "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIg"
    "Dll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuw"
    "XPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
)


def test_the_example_of_the_standard_is_sealed_byte_for_byte() -> None:
    body = sealing.seal(
        b"When I grow up, I want to be a watermelon",
        receiver=sealing.from_text(RECEIVER),
        auth=sealing.from_text(AUTH),
        sender=sealing.private_key(sealing.from_text(SENDER)),
        salt=sealing.from_text(SALT),
        is_padded=False,
    )
    assert sealing.as_text(body) == BODY


@pytest.mark.parametrize("length", [0, 1, 509, 510, 511, 3_000])
def test_any_text_is_opened_by_its_browser_and_its_length_tells_little(length: int) -> None:
    browser = Browser("https://push.example", "a")
    text = os.urandom(length).replace(b"\0", b"x")
    body = sealing.seal(text, receiver=browser.point, auth=browser.auth)
    assert browser.open(body) == text
    assert (len(body) - 86 - sealing.TAG_BYTES) % sealing.STEP == 0
    assert len(body) <= 4096
    assert sealing.seal(text, receiver=browser.point, auth=browser.auth) != body


@pytest.mark.parametrize(
    ("receiver", "auth"),
    [(bytes(65), bytes(16)), (b"\x04" + bytes(64), bytes(16)), (b"\x04" * 64, bytes(16)),
     (sealing.from_text(RECEIVER), bytes(15)), (b"", b"")],
)  # fmt: skip
def test_keys_that_are_none_are_refused(receiver: bytes, auth: bytes) -> None:
    with pytest.raises(sealing.KeyRefused):
        sealing.seal(b"x", receiver=receiver, auth=auth)


@pytest.mark.parametrize("text", ["!", "a", "ä", "a b"])
def test_what_is_not_base64_is_refused(text: str) -> None:
    with pytest.raises(sealing.KeyRefused):
        sealing.from_text(text)
