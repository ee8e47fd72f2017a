"""What do RUCKUS One's answers look like, as far as we read them?

Keys that hold nothing are absent, or null, or (devices) -1.
"""

from datetime import UTC, datetime
from typing import Annotated, Any, Generic, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, RootModel, SecretStr

T = TypeVar("T")


def _none_if_empty(value: Any) -> Any:
    return None if value in ("", 0, "0") else value


def _aware(value: datetime) -> datetime:
    """Some dates come without a zone: they are UTC."""
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


Instant = Annotated[datetime, AfterValidator(_aware)]
Id = Annotated[str, Field(pattern=r"^[0-9A-Za-z][^/?#%\s]{0,127}$")]
"""It becomes a part of a path."""
MaybeInstant = Annotated[Instant | None, BeforeValidator(_none_if_empty)]
MaybeVlan = Annotated[int | None, BeforeValidator(_none_if_empty)]


class Shape(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, populate_by_name=True)


class Token(Shape):
    access_token: SecretStr = Field(min_length=1)
    expires_in: float | None = None


class Accepted(Shape):
    """A write that will be tried: what became of it stands in the activity with this id."""

    request_id: str = Field(alias="requestId", min_length=1, pattern=r"^[0-9A-Za-z_.:-]+$")


class Activity(Shape):
    """Only the status decides: a success may carry errors. The texts may hold the passphrase."""

    status: str
    error: Any = Field(default=None, repr=False)
    errors: Any = Field(default=None, repr=False)


class Device(Shape):
    mac: Id
    connectivity: str | None = Field(default=None, alias="deviceConnectivity")


class Row(Shape):
    """A passphrase of a pool, working or not."""

    id: Id
    passphrase: SecretStr | None = None
    label: str | None = Field(default=None, alias="username")
    vlan: MaybeVlan = Field(default=None, alias="vlanId")
    devices_allowed: int | None = Field(default=None, alias="numberOfDevices")
    expires: MaybeInstant = Field(default=None, alias="expirationDate")
    revoked: MaybeInstant = Field(default=None, alias="revocationDate")
    reason: str | None = Field(default=None, alias="revocationReason")
    devices: list[Device] | None = None

    @property
    def limit(self) -> int | None:
        """Devices that may use it; None: any number."""
        allowed = self.devices_allowed
        return None if allowed is None or allowed < 0 else allowed

    def works(self, now: datetime) -> bool:
        return self.revoked is None and (self.expires is None or self.expires > now)


class Page(Shape, Generic[T]):
    """One page of a query."""

    data: list[T]
    total: int = Field(alias="totalCount", ge=0)


class Some(Shape, Generic[T]):
    """The answer of a query that may or may not have pages."""

    data: list[T]
    total: int | None = Field(default=None, alias="totalCount")

    @property
    def complete(self) -> bool:
        return self.total is None or len(self.data) >= self.total


class Content(Shape, Generic[T]):
    """One page of a list that is asked for by GET."""

    content: list[T]
    total: int = Field(alias="totalElements", ge=0)


class Pool(Shape):
    """A DPSK service. `network_ids` None: the answer does not say."""

    id: Id
    name: str = ""
    shortest: int | None = Field(default=None, alias="passphraseLength")
    expiration: str | None = Field(default=None, alias="expirationType")
    notifies: bool | None = Field(default=None, alias="autoNotificationsEnabled")
    network_ids: list[str] | None = Field(default=None, alias="networkIds")


class Wlan(Shape):
    """What RUCKUS One calls a WiFi network."""

    id: Id
    name: str = ""
    ssid: str = ""
    vlan: MaybeVlan = None


class IdentityGroup(Shape):
    id: Id
    name: str = ""
    pool: str | None = Field(default=None, alias="dpskPoolId")


class Venue(Shape):
    id: Id


class Ap(Shape):
    serial: Id = Field(alias="serialNumber")


class Wifi(Shape):
    id: str | None = None
    ssid: str | None = None


class Connected(Shape):
    """A device that is on, and where."""

    mac: Id = Field(alias="macAddress")
    venue: Venue = Field(alias="venueInformation")
    ap: Ap = Field(alias="apInformation")
    network: Wifi = Field(default=Wifi(), alias="networkInformation")


class Listed(RootModel[list[T]]):
    """A whole list; anything else in its place is a bad answer."""

    model_config = ConfigDict(hide_input_in_errors=True)
