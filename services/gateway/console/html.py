"""HTML as a tree, so that whatever is put into it is text: nothing has to be escaped by hand."""

from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from xml.etree.ElementTree import Element, SubElement, tostring

from starlette.responses import Response

Inside = Element | str | None
STYLE = (Path(__file__).parent / "style.css").read_text(encoding="utf-8")
_STYLE_IS = b64encode(sha256(STYLE.encode()).digest()).decode()
POLICY = (
    f"default-src 'none'; style-src 'sha256-{_STYLE_IS}'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


def tag(kind: str, /, *inside: Inside, **attributes: str) -> Element:
    """Return an element; `class_` is the attribute `class`, `aria_label` is `aria-label`."""
    named = {key.rstrip("_").replace("_", "-"): value for key, value in attributes.items()}
    made = Element(kind, named)
    for each in inside:
        if isinstance(each, Element):
            made.append(each)
        elif each:
            _add_text(made, each)
    return made


def page(title: str, *inside: Inside, status: int = 200) -> Response:
    """Return a page of the console."""
    html = Element("html", lang="en")
    head = SubElement(html, "head")
    head.append(tag("meta", charset="utf-8"))
    head.append(tag("meta", name="viewport", content="width=device-width, initial-scale=1"))
    head.append(tag("title", f"{title} · MedEdBot console"))
    head.append(tag("style", STYLE))
    html.append(_body(inside))
    text = "<!doctype html>\n" + tostring(html, encoding="unicode", method="html")
    return Response(text, status, {"Content-Security-Policy": POLICY}, "text/html; charset=utf-8")


def _body(inside: Sequence[Inside]) -> Element:
    home = tag("a", "MedEdBot console", href="/admin/dead-letters")
    return tag("body", tag("header", home), tag("main", *inside))


def _add_text(element: Element, text: str) -> None:
    if len(element):
        element[-1].tail = (element[-1].tail or "") + text
    else:
        element.text = (element.text or "") + text
