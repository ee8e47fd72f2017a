"""How is Roster's API spoken? Nothing here knows what a member or a key of Cusna's is."""

from cusna_core.api import Context, JsonApi

from cusna_roster.options import RosterOptions


class RosterApi(JsonApi):
    """Gives `get(path)` and `send(method, path, json)`, with pacing, TLS and errors seen to."""

    def __init__(self, options: RosterOptions, context: Context) -> None:
        super().__init__(options.url, context)
        self._token = options.token

    def sign(self, headers: dict[str, str], query: dict[str, str]) -> None:
        raise NotImplementedError("Write client.sign: put the token into `headers`, as the vendor wants it.")
