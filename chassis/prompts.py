"""Prompts as versioned files: a service's `prompts/translate_v1.md` is "translate.v1"."""

from dataclasses import dataclass
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class Prompt:
    """An instruction for the model; `id` goes into the events that it leads to."""

    id: str
    text: str


def read_prompt(package: str, name: str, *, version: int) -> Prompt:
    """Return one version of a prompt of a service; done once, when the service is composed."""
    file = files(package) / "prompts" / f"{name}_v{version}.md"
    return Prompt(f"{name}.v{version}", file.read_text(encoding="utf-8").strip())
