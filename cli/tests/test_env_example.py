"""`.env.example` is the list of settings: none missing, none invented, each default true."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from chassis.settings import load
from cli.catalogue import SERVICES
from cli.services import settings_class
from cli.up.settings import UpSettings
from cli.up.upstreams import EXAMPLE, supplied

ROOT = Path(__file__).parents[2]
CLASSES = (UpSettings, *map(settings_class, SERVICES))


@pytest.fixture(scope="module")
def example() -> Mapping[str, str]:
    lines = (ROOT / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_it_names_every_variable_and_no_other(example: Mapping[str, str]) -> None:
    read = {str(field.alias) for cls in CLASSES for field in cls.model_fields.values()}
    assert set(example) == read


@pytest.mark.parametrize("cls", CLASSES, ids=lambda cls: cls.__name__)
def test_its_values_are_the_defaults(cls: type[UpSettings], example: Mapping[str, str]) -> None:
    assert load(cls, supplied(example, EXAMPLE)) == load(cls, supplied({}, EXAMPLE))
