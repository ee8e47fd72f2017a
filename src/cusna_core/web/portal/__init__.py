"""What does a co-worker see? Addresses below /portal, complete without JavaScript."""

from cusna_core.web.portal import about, change, link, notices, profile, sent, sign_in, wifi
from cusna_core.web.routes import Route, Who, get, post

HERE = "/portal/{location}"


def routes() -> tuple[Route, ...]:
    """Who may enter is said here and nowhere else."""
    return (
        get("/", about.start, Who.PUBLIC),
        get("/portal", about.places, Who.PUBLIC),
        get(HERE, sign_in.show, Who.PUBLIC),
        post(HERE, sign_in.ask, Who.PUBLIC),
        get(HERE + "/sent", sent.show, Who.PUBLIC),
        post(HERE + "/sent", sent.code, Who.PUBLIC),
        post(HERE + "/sent/again", sent.again, Who.PUBLIC),
        get(HERE + "/link/{token}", link.show, Who.PUBLIC),
        post(HERE + "/link/{token}", link.use, Who.PUBLIC),
        get(HERE + "/poster", about.poster, Who.PUBLIC),
        get(HERE + "/privacy", about.privacy, Who.PUBLIC),
        get(HERE + "/wifi", wifi.show, Who.MEMBER),
        post(HERE + "/show", wifi.reveal, Who.MEMBER),
        post(HERE + "/profile", profile.download, Who.MEMBER),
        post(HERE + "/seen", wifi.seen, Who.MEMBER),
        post(HERE + "/again", wifi.again, Who.MEMBER),
        post(HERE + "/claim", wifi.claim, Who.MEMBER),
        get(HERE + "/change", change.show, Who.MEMBER),
        post(HERE + "/change/offer", change.offer, Who.MEMBER),
        post(HERE + "/change", change.take, Who.MEMBER),
        post(HERE + "/notices", notices.switch, Who.MEMBER),
        post(HERE + "/renew", sign_in.renew, Who.MEMBER),
        # Public, so that a session which ended by itself can still be left without a detour.
        post(HERE + "/logout", sign_in.leave, Who.PUBLIC),
    )
