"""What an operator may turn on the notifier."""

from typing import Annotated, Literal

from pydantic import Field, SecretStr

from chassis.setting_values import WHOLE_NUMBER, Count, Email, HttpUrl, Name, Port
from chassis.settings import LineSettings, LinkSettings


class NotifierSettings(LineSettings, LinkSettings):
    """Answers: LINE's address and token, the mail account, the archive."""

    line_api_base_url: HttpUrl = Field(
        "https://api.line.me",
        alias="LINE_API_BASE_URL",
        description="an address like https://api.line.me",
    )
    smtp_host: Name = Field(
        "smtp.gmail.com", alias="SMTP_HOST", description="a host name like smtp.gmail.com"
    )
    smtp_port: Annotated[Port, Field(ge=1)] = Field(
        465, alias="SMTP_PORT", description="a port from 1 to 65535"
    )
    smtp_tls: Literal["tls", "starttls", "none"] = Field(
        "tls", alias="SMTP_TLS", description="tls, starttls or none"
    )
    gmail_address: Email | None = Field(
        None, alias="GMAIL_ADDRESS", description="an address like clinic@example.org"
    )
    gmail_app_password: SecretStr | None = Field(
        None, alias="GMAIL_APP_PASSWORD", description="the app password of the mail account"
    )
    mails_per_user_per_day: Count = Field(
        10, alias="MAILS_PER_USER_PER_DAY", description=WHOLE_NUMBER
    )
    mails_per_address_per_day: Count = Field(
        5, alias="MAILS_PER_ADDRESS_PER_DAY", description=WHOLE_NUMBER
    )
    mails_per_day: Count = Field(400, alias="MAILS_PER_DAY", description=WHOLE_NUMBER)
    email_check_mx: bool = Field(default=True, alias="EMAIL_CHECK_MX", description="true or false")
