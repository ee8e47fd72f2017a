"""What may an admin set for an Andcards account?"""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from cusna_andcards import webhooks
from cusna_core.api import Address, Options, Secret

DESKS = ("hotDesk", "dedicatedDesk")
ROOMS = ("room", "conferenceRoom", "eventSpace", "meetingRoom", "phoneBooth", "studio")

Words = tuple[Annotated[str, Field(min_length=1)], ...]


def _signs(value: Secret) -> Secret:
    webhooks.key(value.get_secret_value())
    return value


class AndcardsOptions(Options):
    """The options of `[integrations.NAME]` with `type = "andcards"` (or `"spacebring"`)."""

    client_id: Secret = Field(
        title="Client ID",
        description="The network's owner finds it in Andcards under Network settings > Developers.",
        min_length=1,
    )
    client_secret: Secret = Field(
        title="Client Secret",
        description="Shown next to the Client ID. Regenerating the pair there ends the old one at once.",
        min_length=1,
    )
    base_url: Address = Field(
        default="https://api.spacebring.com",
        title="Address of the API",
        description="Leave it as it is, unless Andcards gave you another one.",
    )
    network_id: str | None = Field(
        default=None,
        title="Network ID",
        description="Only needed with client credentials: which of your networks is meant.",
        pattern=r"^[0-9A-Za-z-]+$",
    )
    auth_mode: Literal["basic", "client_credentials"] = Field(
        default="basic",
        title="Sign-in",
        description="How the API takes the pair: basic (today's way), or client_credentials, "
        "which gets a token first (old accounts).",
    )
    token_url: Address | None = Field(
        default=None,
        title="Address for tokens",
        description="Where client_credentials gets its tokens. There is no default.",
    )
    webhook_secret: Annotated[Secret, AfterValidator(_signs)] | None = Field(
        default=None,
        title="Webhook secret",
        description="Andcards shows it under Network settings > Developers for the webhook that you set up "
        "there (whsec_...). With it, bookings and plans arrive within seconds instead of at the next read.",
    )
    requests_per_second: float = Field(
        default=8.0,
        title="Requests a second",
        description="Andcards allows 10 for the whole account; leave some to other tools.",
        gt=0,
        le=10,
    )
    desk_types: Words = Field(
        default=DESKS,
        title="What is a desk",
        description="Resource types whose bookings count as desk bookings.",
    )
    room_types: Words = Field(
        default=ROOMS,
        title="What is a room",
        description="Resource types whose bookings count as room bookings. "
        "All types in neither list (office, parkingLot, equipment) give no access.",
    )
    tentative_counts: bool = Field(
        default=False,
        title="Unconfirmed bookings count",
        description="Whether a booking that is not paid or confirmed yet gives access like a confirmed one.",
    )
    include_attendees: bool = Field(
        default=False,
        title="Attendees count",
        description="Whether members who were added to somebody's booking may claim it too.",
    )
    end_date_is_inclusive: Literal["auto"] | bool = Field(
        default="auto",
        title="A plan's end date is its last day",
        description="true: the day on which a plan ends still counts. false: the end is the exact instant. "
        "auto: the exact instant, unless the plan's billing period shows that its last day is meant.",
    )
    end_date_grace_hours: float = Field(
        default=0.0,
        title="Hours of grace",
        description="Added to the end of every plan.",
        ge=0,
        le=24 * 31,
    )

    @model_validator(mode="after")
    def _token_url_where_needed(self) -> Self:
        if self.auth_mode == "client_credentials" and self.token_url is None:
            raise ValueError('auth_mode = "client_credentials" needs token_url')
        return self
