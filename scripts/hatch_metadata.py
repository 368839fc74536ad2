"""Hands the ranges of requirements.in to the build, so that they are written once."""

from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface


class RequirementsHook(MetadataHookInterface):
    """Fills the project's dependencies from requirements.in."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Add the dependencies to the metadata that hatchling collected."""
        lines = Path(self.root, "requirements.in").read_text(encoding="utf-8").splitlines()
        wanted = (line.partition("#")[0].strip() for line in lines)
        metadata["dependencies"] = [line for line in wanted if line]
