"""What is heard or fetched: speech, whose work it is, and files behind a link."""

from dataclasses import dataclass

from contracts.answer import Audio
from services.notifier.render.flex import Component, flex_message
from services.notifier.render.graphemes import clip
from services.notifier.render.text import presentable

CREDIT_UNITS = 400
AUDIO_NOT_OFFERED = (
    "語音已經做好，但系統還沒有設定公開網址，所以無法在這裡播放。"
    "請先看文字，並請系統管理者設定後再試一次。"
)
FILE_NOT_OFFERED = (
    "檔案已經備妥，但系統還沒有設定公開網址，所以無法提供下載。請系統管理者設定後再試一次。"
)
FILE_READY = "您的檔案已經備妥，點下面的按鈕就能下載。"
DOWNLOAD = "下載檔案"
TO_COPY = "電腦上也可以複製這個網址開啟："


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Where an answer's objects can be fetched; empty for what cannot be offered."""

    audio: str = ""
    download: str = ""


NOWHERE = Addresses()


def credit_message(credit: str) -> Component | None:
    """Return the bubble that says whose work the audio is; None when it is nobody's."""
    text = clip(presentable(credit), CREDIT_UNITS)
    if not text:
        return None
    return flex_message(text, [{"type": "text", "text": text, "size": "sm", "wrap": True}])


def audio_message(audio: Audio, address: str) -> Component:
    """Return the audio, or a text that says why it cannot be played."""
    if not address:
        return {"type": "text", "text": AUDIO_NOT_OFFERED}
    # LINE refuses a length of zero.
    duration = max(1, audio.duration_ms)
    return {"type": "audio", "originalContentUrl": address, "duration": duration}


def download_message(address: str) -> Component:
    """Return the button that downloads a file, or a text that says why nothing can."""
    if not address:
        return {"type": "text", "text": FILE_NOT_OFFERED}
    action = {"type": "uri", "label": DOWNLOAD, "uri": address}
    return flex_message(
        FILE_READY,
        [
            {"type": "text", "text": FILE_READY, "size": "sm", "wrap": True},
            {"type": "button", "style": "primary", "height": "sm", "action": action},
        ],
    )
