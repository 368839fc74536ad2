"""Settings: every fault at once, in words, without a secret."""

from datetime import timedelta

import pytest
from pydantic import Field, SecretStr

from chassis.setting_values import Duration, HttpsUrl, Token
from chassis.settings import (
    Fault,
    GeminiSettings,
    LineSettings,
    ObjectStoreSettings,
    ServiceSettings,
    SettingsRefused,
    load,
    load_all,
)

BASE = {"DATABASE_URL": "postgresql://u:p@db:5432/x", "NATS_URL": "nats://n:4222"}


class Door(ServiceSettings):
    """A small example of a service's settings."""

    secret: Token = Field(alias="DOOR_SECRET", description="the secret of the door")
    patience: Duration = Field(
        timedelta(seconds=5), alias="DOOR_PATIENCE", description="seconds, more than 0"
    )
    address: HttpsUrl | None = Field(None, alias="DOOR_URL", description="an https address")


def faults_of(cls: type[ServiceSettings], **variables: str) -> dict[str, Fault]:
    with pytest.raises(SettingsRefused) as refused:
        load(cls, BASE | variables)
    return {fault.variable: fault for fault in refused.value.faults}


def test_values_arrive_typed() -> None:
    door = load(Door, BASE | {"DOOR_SECRET": "s3cret", "DOOR_PATIENCE": "1.5"})
    assert door.secret.get_secret_value() == "s3cret"
    assert door.patience == timedelta(seconds=1.5)
    assert (door.log_level, door.log_format, door.health_port) == ("INFO", "json", 0)


def test_an_empty_variable_counts_as_unset() -> None:
    door = load(Door, BASE | {"DOOR_SECRET": "s", "DOOR_PATIENCE": "", "LOG_LEVEL": "  "})
    assert door.patience == timedelta(seconds=5)
    assert faults_of(Door, DOOR_SECRET="")["DOOR_SECRET"].got == "nothing"


def test_all_faults_are_reported_at_once() -> None:
    with pytest.raises(SettingsRefused) as refused:
        load(Door, {"DATABASE_URL": "mysql://x", "LOG_LEVEL": "LOUD", "HEALTH_PORT": "70000"})
    named = {fault.variable for fault in refused.value.faults}
    assert named == {"DATABASE_URL", "NATS_URL", "LOG_LEVEL", "HEALTH_PORT", "DOOR_SECRET"}


def test_a_fault_names_the_variable_what_it_got_and_what_it_wants() -> None:
    fault = faults_of(Door, DOOR_SECRET="s", DOOR_PATIENCE="soon")["DOOR_PATIENCE"]
    assert str(fault) == "DOOR_PATIENCE: got 'soon', wants seconds, more than 0"


def test_faults_of_several_services_name_each_variable_once() -> None:
    with pytest.raises(SettingsRefused) as refused:
        load_all((Door, GeminiSettings, LineSettings), {})
    named = [fault.variable for fault in refused.value.faults]
    assert sorted(named) == sorted(set(named))
    assert {"DATABASE_URL", "DOOR_SECRET", "GEMINI_API_KEY", "LINE_CHANNEL_ACCESS_TOKEN"} <= {
        *named
    }


@pytest.mark.parametrize("value", ["two words", "line\nbreak", "ümlaut"])
def test_a_secret_is_never_shown(value: str) -> None:
    fault = faults_of(Door, DOOR_SECRET=value)["DOOR_SECRET"]
    assert fault.got == "(hidden)"
    assert value not in str(fault)


@pytest.mark.parametrize(
    "value",
    [
        "postgres-password-alone-hunter2",
        "mysql://user:hunter2@host/x",
        "postgresql://user:hunter2@host:99999/x",
        "postgresql://user:p@ss:hunter2@:5432/x",
        "mysql://host/x?password=hunter2",
        "mysql://host/x#hunter2",
    ],
)
def test_credentials_of_an_address_are_never_shown(value: str) -> None:
    fault = faults_of(Door, DOOR_SECRET="s", DATABASE_URL=value)["DATABASE_URL"]
    assert "hunter2" not in str(fault)


def test_settings_do_not_print_their_secrets() -> None:
    settings = load(GeminiSettings, BASE | {"GEMINI_API_KEY": "hunter2"})
    assert "hunter2" not in repr(settings)
    assert "u:p@" not in repr(settings)
    assert isinstance(settings.gemini_api_key, SecretStr)


@pytest.mark.parametrize(
    "value",
    [
        "http://plain.example",
        "https://",
        "https://user:pw@host",
        "https://host/?key=1",
        "https://host:0",
        "https://host:port",
        "https://[",
        "bot.example.org",
        "https://a b.example",
    ],
)
def test_an_unfit_https_address_is_refused(value: str) -> None:
    assert "DOOR_URL" in faults_of(Door, DOOR_SECRET="s", DOOR_URL=value)


def test_an_address_loses_its_closing_slash() -> None:
    door = load(Door, BASE | {"DOOR_SECRET": "s", "DOOR_URL": "https://host/path/"})
    assert door.address == "https://host/path"


@pytest.mark.parametrize("value", ["0", "-1", "nan", "inf", "1e300", "soon"])
def test_an_unfit_duration_is_refused(value: str) -> None:
    assert "DOOR_PATIENCE" in faults_of(Door, DOOR_SECRET="s", DOOR_PATIENCE=value)


@pytest.mark.parametrize("value", ["nats://", "http://n:4222", "nats://a:1,b:2", "nats://a:0"])
def test_an_unfit_nats_address_is_refused(value: str) -> None:
    assert "NATS_URL" in faults_of(Door, DOOR_SECRET="s", NATS_URL=value)


def test_several_nats_addresses_are_split() -> None:
    settings = load(ServiceSettings, BASE | {"NATS_URL": "nats://a:1, tls://b:2"})
    assert settings.nats_servers == ["nats://a:1", "tls://b:2"]


@pytest.mark.parametrize(
    "value", ["postgresql://a:1,b:2/x", "postgres://db/x", "postgresql:///x?host=/run/pg"]
)
def test_usual_forms_of_a_database_address_are_taken(value: str) -> None:
    assert load(ServiceSettings, BASE | {"DATABASE_URL": value}).database_url == value


def test_object_storage_is_configured_wholly_or_not_at_all() -> None:
    assert load(ObjectStoreSettings, BASE).r2_endpoint_url is None
    faults = faults_of(ObjectStoreSettings, R2_ENDPOINT_URL="https://r2.example")
    assert set(faults) == {"R2_ACCESS_KEY_ID", "R2_SECRET_ACCESS_KEY", "R2_BUCKET_NAME"}
    assert faults["R2_BUCKET_NAME"].wants.endswith("because R2_ENDPOINT_URL is set")


@pytest.mark.parametrize(
    ("written", "used"),
    [
        ("HTTPS://Bot.Example.ORG/", "https://bot.example.org"),
        ("https://醫院.tw:8443/衛教/", "https://xn--2l4aw6g.tw:8443/%E8%A1%9B%E6%95%99"),
        ("https://[2001:DB8::1]:8443/a%20b", "https://[2001:db8::1]:8443/a%20b"),
    ],
)
def test_an_address_is_used_in_the_spelling_that_links_need(written: str, used: str) -> None:
    assert load(Door, BASE | {"DOOR_SECRET": "s", "DOOR_URL": written}).address == used
