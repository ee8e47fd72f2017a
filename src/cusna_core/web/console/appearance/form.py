"""How is a location's look chosen? Tried first, in a preview that only this admin sees; then saved."""

from collections.abc import Mapping
from dataclasses import replace

from aiohttp import web

from cusna_core.admin.kept import Kept
from cusna_core.engine.appearance.locations import LONGEST, Appearance, State, tidied
from cusna_core.engine.appearance.locations import wrong as checked
from cusna_core.engine.appearance.pictures import LEAST_SIDE, MOST_BYTES, MOST_SIDE, Unfit, Wrong, picture
from cusna_core.engine.appearance.tones import HEX, palette
from cusna_core.engine.views import Door
from cusna_core.store.appearance import Values
from cusna_core.store.settings import Conflict
from cusna_core.web.console.connect import needed, own_address
from cusna_core.web.console.connect import version as version_in
from cusna_core.web.console.paper import BENCH, page, who
from cusna_core.web.look import LOGO
from cusna_core.web.security import FILES, FORM, see
from cusna_core.web.site import SITE
from cusna_core.words import Language

MOST = MOST_BYTES + 128 * 1024
"""The whole form: a logo that is a little too large is told so, one far beyond is not even read."""
CONFLICT = 409


def here(request: web.Request, below: str = "") -> str:
    return own_address("location", request.match_info["name"]) + f"/look{below}"


def looks(request: web.Request) -> Appearance:
    return request.app[BENCH].workshop.engine.appearance


def bare(request: web.Request) -> Door:
    """The location at work, without a look; 404 where it is not."""
    found = request.app[SITE].members.bare(request.match_info["name"])
    if found is None:
        raise web.HTTPNotFound
    return found


async def show(request: web.Request) -> web.Response:
    state = await looks(request).state(bare(request).id, who(request))
    return await _page(request, state, state.values, state.version)


async def _page(
    request: web.Request,
    state: State,
    values: Values,
    version: int,
    problems: Mapping[str, str] | None = None,
    status: int = 200,
) -> web.Response:
    kept = await needed(request, "location")
    door = bare(request)
    return page(
        request,
        "look.html",
        at="location",
        here=here(request),
        status=status,
        kept=kept,
        file=request.app[BENCH].workshop.file.path,
        bare=door,
        look=looks(request).tried(door, values).look,
        state=state,
        values=values,
        version=version,
        fixed=_fixed(kept),
        problems=problems or {},
        palette=palette(values.accent) if HEX.match(values.accent) else None,
        longest=LONGEST,
        saved="saved" in request.query,
        gone="gone" in request.query,
    )


def _fixed(kept: Kept) -> frozenset[str]:
    """What the configuration file says of this location."""
    return frozenset(one for one in ("name", "contact") if kept.fixed and kept.values.get(one))


async def take(request: web.Request) -> web.Response:
    """What was typed, and a logo: kept as a draft and previewed, or saved at once."""
    site, form, by = request.app[SITE], request[FORM], who(request)
    door, appearance = bare(request), looks(request)
    language = site.language(request)
    state = await appearance.state(door.id, by)
    fixed = _fixed(await needed(request, "location"))
    said = {name: value for name, value in form.items() if name not in fixed}
    logo = form.get("kept", "") if "remove_logo" not in form else ""
    values = tidied(said | {"logo": logo if LOGO.match(logo) else ""})
    problems = {name: _told(what, name, language) for name, what in checked(values).items()}
    sent = request.get(FILES, {}).get("logo", b"")
    if sent:
        try:
            values = replace(values, logo=await appearance.keep(picture(sent)))
        except Unfit as unfit:
            problems["logo"] = unfitting(unfit.why, language)
    if problems:
        return await _page(request, state, values, version_in(request), problems, 422)
    if form.get("do") == "preview":
        await appearance.try_out(door.id, values, version_in(request), by)
        return see(here(request, "/preview/sign-in"))
    return await _publish(request, values, version_in(request))


async def save(request: web.Request) -> web.Response:
    """Save what is being previewed."""
    door = bare(request)
    state = await looks(request).state(door.id, who(request))
    if state.draft is None:
        return see(here(request))
    return await _publish(request, state.draft.values, state.draft.version)


async def _publish(request: web.Request, values: Values, version: int) -> web.Response:
    door, by = bare(request), who(request)
    try:
        await looks(request).publish(door.id, values, version, by)
    except Conflict:
        state = await looks(request).state(door.id, by)
        language = request.app[SITE].language(request)
        told = language.text(
            "Somebody else changed the look while you did. What you chose is still here: look at the "
            "portal, and save again if yours should count."
        )
        now = state.live.version if state.live else 0
        await looks(request).try_out(door.id, values, now, by)
        return await _page(request, state, values, now, {"": told}, CONFLICT)
    return see(here(request) + "?saved")


async def discard(request: web.Request) -> web.Response:
    await looks(request).discard(bare(request).id, who(request))
    return see(here(request) + "?gone")


def _told(what: str, name: str, language: Language) -> str:
    if what == "colour":
        return language.text("A colour looks like #0a6a59: a hash and six digits or letters a to f.")
    return language.text("This is too long: at most %(n)s characters.", n=LONGEST[name])


def unfitting(why: Wrong, language: Language) -> str:
    """Why a file is no logo."""
    match why:
        case Wrong.LARGE:
            return language.text("The file is larger than %(n)s KB.", n=MOST_BYTES // 1024)
        case Wrong.VECTOR:
            return language.text(
                "SVG is not taken: such a file can hold programs that would run for everybody who signs in. "
                "Export it as PNG."
            )
        case Wrong.SIDES:
            return language.text(
                "Each side should have %(least)s to %(most)s pixels.", least=LEAST_SIDE, most=MOST_SIDE
            )
        case Wrong.MOVING:
            return language.text("A logo should stand still: please take a picture that is not animated.")
        case Wrong.BROKEN:
            return language.text("The picture is damaged, or not all of it has arrived.")
        case Wrong.UNKNOWN:
            return language.text("This is no PNG, JPEG or WebP picture.")
