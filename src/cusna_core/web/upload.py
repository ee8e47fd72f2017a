"""What is in a form that carries files?"""

import asyncio
from collections.abc import Mapping

from aiohttp import BodyPartReader, web

from cusna_core.web.serve import BODY_SECONDS

PARTS = 40


async def parts(request: web.Request, limit: int) -> tuple[Mapping[str, str], Mapping[str, bytes]]:
    """The fields, and the files by the names of their fields, all of them within the limit together (M31).

    What a file calls itself, its name and its type, is not looked at. Of two with one name the first counts.
    """
    if request.content_length is not None and request.content_length > limit:
        raise web.HTTPRequestEntityTooLarge(limit, request.content_length)
    fields: dict[str, str] = {}
    files: dict[str, bytes] = {}
    size = 0
    try:
        async with asyncio.timeout(BODY_SECONDS):
            reader = await request.multipart()
            for _ in range(PARTS):
                part = await reader.next()
                if part is None:
                    return fields, files
                if not isinstance(part, BodyPartReader) or not part.name:
                    raise web.HTTPBadRequest
                content = bytearray()
                while chunk := await part.read_chunk():
                    size += len(chunk)
                    if size > limit:
                        raise web.HTTPRequestEntityTooLarge(limit, size)
                    content += chunk
                if part.filename is None:
                    fields.setdefault(part.name, content.decode())
                else:
                    files.setdefault(part.name, bytes(content))
    except TimeoutError:
        raise web.HTTPRequestTimeout from None
    except (ValueError, LookupError, AssertionError):
        raise web.HTTPBadRequest from None
    raise web.HTTPBadRequest
