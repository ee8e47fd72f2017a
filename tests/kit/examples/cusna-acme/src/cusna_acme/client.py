"""How is Acme's API spoken? Nothing here knows what a member or a key of Cusna's is."""

from cusna_core.api import Context, JsonApi

from cusna_acme.options import AcmeOptions


class AcmeApi(JsonApi):
    def __init__(self, options: AcmeOptions, context: Context) -> None:
        super().__init__(options.url, context)
        self._token = options.token

    def sign(self, headers: dict[str, str], query: dict[str, str]) -> None:
        headers["Authorization"] = f"Bearer {self._token.get_secret_value()}"
