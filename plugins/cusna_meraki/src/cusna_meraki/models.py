"""What do Meraki's answers look like, as far as we read them?"""

from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, RootModel, SecretStr

T = TypeVar("T")


def _empty_is_none(value: Any) -> Any:
    return None if value == "" else value


def _readable(value: Any) -> Any:
    """A masked passphrase is as good as none: stars or dots, or too short to be one."""
    if not isinstance(value, str) or len(value) < 8 or not value.strip("*•●"):
        return None
    return value


def _aware(value: datetime) -> datetime:
    return value.astimezone(UTC) if value.tzinfo else value.replace(tzinfo=UTC)


Instant = Annotated[datetime, AfterValidator(_aware)]


class Shape(BaseModel):
    model_config = ConfigDict(frozen=True, hide_input_in_errors=True, populate_by_name=True)


class Identity(Shape):
    """Whose API key it is. Nothing of it matters but that it is there."""

    email: str


class ApiAccess(Shape):
    enabled: bool = True


class Organization(Shape):
    id: str
    name: str = ""
    api: ApiAccess = ApiAccess()


class Site(Shape):
    """A Meraki network: a site with its access points, not an SSID."""

    id: str
    organization_id: str = Field(alias="organizationId")
    name: str = ""
    product_types: list[str] = Field(default=[], alias="productTypes")
    template_bound: bool = Field(default=False, alias="isBoundToConfigTemplate")

    @property
    def wireless(self) -> bool:
        return "wireless" in self.product_types


class TaggedVlan(Shape):
    vlan: int | None = Field(default=None, alias="vlanId")


class Roaming(Shape):
    enabled: bool = False


class Ssid(Shape):
    number: int
    name: str = ""
    enabled: bool = False
    auth_mode: str = Field(default="", alias="authMode")
    wpa: str = Field(default="", alias="wpaEncryptionMode")
    ip_mode: str = Field(default="", alias="ipAssignmentMode")
    splash: str | None = Field(default=None, alias="splashPage")
    tagging: bool | None = Field(default=None, alias="useVlanTagging")
    default_vlan: int | None = Field(default=None, alias="defaultVlanId")
    vlan: int | None = Field(default=None, alias="vlanId")
    tagged: list[TaggedVlan] = Field(default=[], alias="apTagsAndVlanIds")
    dot11r: Roaming | None = None

    @property
    def vlans(self) -> set[int]:
        """The VLANs that this SSID's own settings put devices into."""
        tagged = {self.default_vlan, *(one.vlan for one in self.tagged)} if self.tagging else set()
        return {vlan for vlan in {self.vlan, *tagged} if vlan}


class Psk(Shape):
    id: str
    name: str | None = None
    policy_id: str | None = Field(default=None, alias="groupPolicyId")
    passphrase: Annotated[SecretStr | None, BeforeValidator(_readable)] = None
    expires: Annotated[Instant | None, BeforeValidator(_empty_is_none)] = Field(
        default=None, alias="expiresAt"
    )


class Tagging(Shape):
    settings: str = "network default"
    vlan_id: str | None = Field(default=None, alias="vlanId")


class Policy(Shape):
    id: str = Field(alias="groupPolicyId")
    name: str
    tagging: Tagging = Field(default=Tagging(), alias="vlanTagging")
    splash: str | None = Field(default=None, alias="splashAuthSettings")

    @property
    def vlan(self) -> int | None:
        """The VLAN this policy puts devices into; None leaves them where the SSID does."""
        text = self.tagging.vlan_id or ""
        return int(text) if self.tagging.settings == "custom" and text.isdecimal() else None


class Named(Shape):
    """Of what was sent, only its name: the rest is secret."""

    name: str | None = None


class Action(Shape):
    resource: str
    operation: str
    body: Named | None = None


class Created(Shape):
    id: str
    uri: str = ""


class Progress(Shape):
    """Without the errors: their text holds what was sent."""

    completed: bool = False
    failed: bool = False
    created: list[Created] = Field(default=[], alias="createdResources")


class Batch(Shape):
    id: str
    confirmed: bool = True
    status: Progress = Progress()
    actions: list[Action] = []

    @property
    def finished(self) -> bool:
        return self.status.completed or self.status.failed


class Device(Shape):
    """What the API calls a client."""

    id: str
    mac: str
    ssid: str | None = None
    psk_name: str | None = Field(default=None, alias="pskGroup")
    vlan: Annotated[str | None, BeforeValidator(lambda value: None if value is None else str(value))] = None


class Version(Shape):
    short_name: str = Field(default="", alias="shortName")


class Product(Shape):
    current: Version = Field(default=Version(), alias="currentVersion")


class Products(Shape):
    wireless: Product = Product()


class Firmware(Shape):
    products: Products = Products()


class Listed(RootModel[list[T]]):
    """A whole list; anything else in its place is a bad answer."""

    model_config = ConfigDict(hide_input_in_errors=True)
