"""Under which address do phones reach the portal, and what if it is not safe?"""

from typing import Annotated

from pydantic import WithJsonSchema
from yarl import URL

from cusna_core.api import is_loopback
from cusna_core.config.values import Listen

BaseUrl = Annotated[str, WithJsonSchema({"type": "string", "format": "uri"})]


def base_url(value: str, listen: Listen) -> str:
    """The address as every link begins: scheme, host and port, nothing after it."""
    example = 'should be the address of the portal, such as "https://wifi.example.com"'
    try:
        url = URL(value.strip())
    except ValueError:
        raise ValueError(example) from None
    if url.scheme not in ("http", "https") or not url.host:
        raise ValueError(example)
    if url.user or url.password or url.query_string or url.fragment or url.path not in ("", "/"):
        raise ValueError(
            "should end after the host: the portal needs a host name of its own, without user, path or query"
        )
    if url.scheme == "http" and not is_loopback(url.host):
        raise ValueError(
            "is plain http: passphrases and sign-in links would travel in clear, and browsers would not "
            "keep the sign-in. Put a proxy with a certificate in front, and write "
            f'base_url = "https://{url.host}". {proxy_lines(url.host, listen)}'
        )
    return str(url.origin())


def proxy_lines(host: str, listen: Listen) -> str:
    """What to paste into Caddy or nginx."""
    return f"""Either of these will do.

Caddy (Caddyfile; it gets the certificate by itself):
    {host} {{
        reverse_proxy {listen}
    }}

nginx:
    server {{
        listen 443 ssl;
        server_name {host};
        ssl_certificate     /etc/letsencrypt/live/{host}/fullchain.pem;
        ssl_certificate_key /etc/letsencrypt/live/{host}/privkey.pem;
        location / {{
            proxy_pass http://{listen};
            proxy_set_header Host $host;
            proxy_set_header X-Forwarded-For $remote_addr;
        }}
    }}"""
