"""How is Hearth's API spoken? A login gives a token, which runs out whenever it likes."""

from typing import Any

from cusna_core.api import Answer, Context, JsonApi, PluginError, Secret, Transient, by_status, parse
from pydantic import BaseModel, RootModel

from cusna_hearth.options import HearthOptions

Profile = dict[str, Any]
"""A profile as it came, so that it goes back with all that is not ours to the letter."""


class Login(BaseModel):
    token: Secret


class Entry(BaseModel):
    secret: Secret


class Shape(BaseModel):
    """What must be in a profile, before anything is made of it."""

    revision: int
    passphrases: list[Entry]


class HearthApi(JsonApi):
    def __init__(self, options: HearthOptions, context: Context) -> None:
        super().__init__(options.url, context)
        self._options = options
        self._token: Secret | None = None

    def needs_login(self) -> bool:
        return self._token is None

    async def log_in(self) -> None:
        who = {"user": self._options.user, "password": self._options.password.get_secret_value()}
        answer = await self.request("POST", "/login", json=who, login=False)
        self._token = parse(Login, answer.json(), "The login").token

    def expired(self, answer: Answer) -> bool:
        return answer.status == 401

    def sign(self, headers: dict[str, str], query: dict[str, str]) -> None:
        if self._token is not None:
            headers["X-Token"] = self._token.get_secret_value()

    def failure(self, answer: Answer) -> PluginError | None:
        if answer.status == 409:  # nothing is wrong with the keys: read again, and write again
            return Transient("Somebody else saved the profile at the same moment.")
        return by_status(answer)

    async def profiles(self) -> list[str]:
        return parse(RootModel[list[str]], await self.get("/profiles"), "The list of profiles").root

    async def profile(self, ssid: str) -> Profile:
        found: Profile = await self.get(f"/profiles/{ssid}")
        parse(Shape, found, "The profile")
        return found

    async def save(self, ssid: str, profile: Profile) -> None:
        await self.send("PUT", f"/profiles/{ssid}", profile)
