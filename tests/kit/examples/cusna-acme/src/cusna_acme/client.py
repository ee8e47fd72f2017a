"""How is Acme's API spoken? Nothing here knows what a member or a key of Cusna's is."""

from cusna_core.api import Context, JsonApi, Secret
from pydantic import BaseModel

from cusna_acme.options import AcmeOptions


class Keys(BaseModel):
    """A WLAN's keys by name. What has another shape is no answer, and never an empty list."""

    keys: dict[str, Secret]


class AcmeApi(JsonApi):
    """A bearer token is all that it takes."""

    def __init__(self, options: AcmeOptions, context: Context) -> None:
        super().__init__(options.url, context, token=options.token)
