"""What forms post, and who may post them: only the sandbox's own pages, not another site in the same browser."""

from urllib.parse import urlsplit

from starlette.requests import Request


def same_origin(request: Request) -> bool:
    """Did the form come from a page of this sandbox?"""
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


async def fields(request: Request) -> dict[str, str]:
    """The posted text fields."""
    form = await request.form()
    return {name: value for name, value in form.items() if isinstance(value, str)}
