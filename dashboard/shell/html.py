"""The few pages that are plain HTML: the sign-in page, and what stands where a page could not be served."""

from html import escape

from backend.domain.demo import SIGN_INS, DemoSignIn
from backend.domain.permissions import ROLE_NAMES
from backend.settings import current

MARK = (
    '<svg viewBox="0 0 24 24" width="22" height="22" aria-hidden="true"><path d="M8.5 3h-3A2.5 2.5 0 0 0 3 5.5v13A2.5 '
    '2.5 0 0 0 5.5 21h3M15.5 3h3A2.5 2.5 0 0 1 21 5.5v13a2.5 2.5 0 0 1-2.5 2.5h-3" fill="none" stroke="currentColor" '
    'stroke-width="2.4" stroke-linecap="round"/>'
    '<rect x="8.2" y="8.2" width="7.6" height="7.6" rx="1.7" fill="currentColor"/></svg>'
)
STYLES = ("tokens", "frame", "parts", "touch")


def page(title: str, body: str) -> str:
    """A whole HTML page in the product's look; `body` is HTML, `title` is text."""
    links = "".join(f'<link rel="stylesheet" href="/css/{name}.css">' for name in STYLES)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)} · Holdfast</title>"
        f'<link rel="icon" href="/favicon.svg" type="image/svg+xml"><script src="/first.js"></script>'
        f'{links}<script src="/desk.js"></script></head>'
        f"<body>{body}</body></html>"
    )


def bare_page(title: str, sentence: str) -> str:
    """A page that says one thing and leads back."""
    return page(
        title,
        f'<main class="bare" role="alert"><h1>{escape(title)}</h1><p>{escape(sentence)}</p>'
        '<a class="button" href="/">My day</a></main>',
    )


def door_page(target: str, email: str = "", complaint: str = "") -> str:
    """The sign-in page; leads to `target` afterwards."""
    said = (
        f'<p class="complaint" role="alert" data-testid="sign-in-problem">{escape(complaint)}</p>' if complaint else ""
    )
    hidden = f'<input type="hidden" name="next" value="{escape(target, quote=True)}">' if target != "/" else ""
    focus_email, focus_password = ("", " autofocus") if email else (" autofocus", "")
    return page(
        "Sign in",
        f'<main class="door"><div class="panel"><h1 class="brand">{MARK}Holdfast</h1>'
        f'<form method="post" action="/sign-in">{said}{hidden}'
        f'<label>E-mail<input class="field" name="email" type="email" autocomplete="username" required maxlength="254" '
        f'value="{escape(email, quote=True)}" data-testid="email"{focus_email}></label>'
        '<label>Password<input class="field" name="password" type="password" autocomplete="current-password" required '
        f'maxlength="1024" data-testid="password"{focus_password}></label>'
        '<button class="button primary wide" data-testid="sign-in">Sign in</button></form>'
        f'{_demo()}<p class="muted">{escape(current().shop_name)}</p></div></main>',
    )


def _demo() -> str:
    """The demo's sign-ins, in demo mode only; each is a form of its own, so that one click signs in."""
    if not current().demo:
        return ""
    rows = "".join(_demo_row(sign_in) for sign_in in SIGN_INS)
    return f'<section class="demo" aria-label="Demo sign-ins"><h2>Demo sign-ins</h2><table>{rows}</table></section>'


def _demo_row(sign_in: DemoSignIn) -> str:
    fields = "".join(
        f'<input type="hidden" name="{field}" value="{escape(value, quote=True)}">'
        for field, value in (("email", sign_in.email), ("password", sign_in.password))
    )
    return (
        f'<tr><th scope="row"><strong>{escape(ROLE_NAMES[sign_in.role])}</strong><br>{escape(sign_in.email)}<br>'
        f'<code>{escape(sign_in.password)}</code></th><td><form method="post" action="/sign-in">{fields}'
        f'<button class="button" aria-label="Sign in as {escape(sign_in.name)}" data-testid="demo-{sign_in.role}">'
        "Sign in</button></form></td></tr>"
    )
