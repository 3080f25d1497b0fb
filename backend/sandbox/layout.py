"""The frame of every page: navigation and one style sheet, light and dark, nothing loaded from elsewhere."""

import html

from starlette.responses import HTMLResponse

NAVIGATION = (
    ("/", "Sandbox"),
    ("/orders", "Orders"),
    ("/payments", "Payments"),
    ("/mails", "Mails"),
    ("/lab", "Failure lab"),
    ("/faults", "Faults"),
    ("/journal", "Journal"),
)
STYLE = """
:root{color-scheme:light dark;--ground:#f6f5f1;--paper:#fff;--ink:#1d2321;--soft:#5f6a66;--line:#dfdcd3;
--accent:#1f6f5c;--bad:#a63a22;--good:#1f6f5c;--warn:#8a5a00}
@media(prefers-color-scheme:dark){:root{--ground:#141816;--paper:#1c2220;--ink:#e7ebe8;--soft:#98a49f;--line:#2e3633;
--accent:#63c2a8;--bad:#f08a70;--good:#63c2a8;--warn:#dfb05a}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
header{display:flex;gap:4px 20px;flex-wrap:wrap;align-items:baseline;padding:12px 24px;
border-bottom:1px solid var(--line);background:var(--paper)}
header a{color:var(--soft);text-decoration:none}header a:first-child{font-weight:650;color:var(--ink)}
header a[aria-current]{color:var(--accent)}
main{max-width:1120px;margin:0 auto;padding:20px 24px 64px}
h1{font-size:22px;margin:4px 0 12px}h2{font-size:16px;margin:28px 0 8px}
a{color:var(--accent)}small,.soft{color:var(--soft)}
table{border-collapse:collapse;width:100%;background:var(--paper);border:1px solid var(--line)}
th,td{padding:6px 10px;text-align:left;border-bottom:1px solid var(--line);vertical-align:top;
font-variant-numeric:tabular-nums}
th{font-size:12px;color:var(--soft);font-weight:600;white-space:nowrap}td.n,th.n{text-align:right;white-space:nowrap}
.scroll{overflow-x:auto}code,.mono{font:13px ui-monospace,monospace}
.row{display:flex;gap:8px;flex-wrap:wrap;align-items:end;margin:8px 0}
button,.button,select,input{font:inherit;padding:6px 12px;border:1px solid var(--line);border-radius:6px;
background:var(--paper);color:var(--ink)}
button{background:var(--accent);border-color:var(--accent);color:var(--ground);cursor:pointer}
button.quiet{background:transparent;color:var(--accent)}button.danger{background:transparent;border-color:var(--bad);color:var(--bad)}
label{display:grid;gap:2px;font-size:12px;color:var(--soft)}
.cards{display:grid;grid-template-columns:repeat(auto-fill,minmax(150px,1fr));gap:10px;margin:12px 0}
.card{background:var(--paper);border:1px solid var(--line);border-radius:8px;padding:10px 14px}
.card b{display:block;font-size:22px}
.tabs{display:flex;gap:6px;flex-wrap:wrap;margin:8px 0}.tabs a{padding:4px 12px;border:1px solid var(--line);
border-radius:999px;text-decoration:none;color:var(--ink);background:var(--paper)}
.tabs a[aria-current]{background:var(--accent);border-color:var(--accent);color:var(--ground)}
h3{font-size:14px;margin:18px 0 8px;color:var(--soft)}
.menu{display:grid;grid-template-columns:repeat(auto-fill,minmax(min(100%,330px),1fr));gap:10px;margin:8px 0}
.card b.name{font-size:15px}.card p{margin:2px 0 6px}.card ul{margin:6px 0;padding-left:0;list-style:none}
.fault{display:flex;flex-direction:column}.fault .row{margin:auto 0 2px;gap:8px 6px}
.fault input,.fault select{padding:4px 6px;font-size:14px;height:32px}.fault select{max-width:112px}
.fault input{width:56px}.fault button{padding:4px 14px;margin-left:auto}
.only{padding:5px 0;font-size:14px;color:var(--ink)}.row .row{margin:0}
.said{background:var(--paper);border:1px solid var(--line);border-left:4px solid currentColor;border-radius:6px;padding:8px 14px}
.row input[name=q]{width:min(340px,80vw)}.button{text-decoration:none;display:inline-block}
.good{color:var(--good)}.bad{color:var(--bad)}.warn{color:var(--warn)}
.amount{font-size:30px;font-weight:650;margin:4px 0}
iframe{width:100%;height:560px;border:1px solid var(--line);background:#fff}
pre{white-space:pre-wrap;background:var(--paper);border:1px solid var(--line);padding:12px;overflow-x:auto}
@media(max-width:480px){main{padding:16px 14px 48px}th,td{padding:5px 6px}td button{padding:4px 8px}}
:focus-visible{outline:2px solid var(--accent);outline-offset:2px}
"""


# Nothing is loaded from anywhere, not even by a mail that is shown in a frame.
POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'none'"
)


class Page(HTMLResponse):
    """A whole HTML document; `body` is HTML, `title` is text, `here` the address of the current entry in the navigation."""

    def __init__(self, title: str, body: str, *, here: str = "", status: int = 200) -> None:
        super().__init__(page(title, body, here=here), status, {"Content-Security-Policy": POLICY})


def page(title: str, body: str, *, here: str = "") -> str:
    """A whole HTML document; `body` is HTML, `title` is text."""
    links = "".join(
        f'<a href="{path}"{" aria-current=page" if path == here else ""}>{label}</a>' for path, label in NAVIGATION
    )
    return (
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>{html.escape(title)} · sandbox</title><style>{STYLE}</style>"
        f"<header>{links}</header><main><h1>{html.escape(title)}</h1>{body}</main></html>"
    )


def table(headings: list[str], rows: list[list[str]], *, empty: str) -> str:
    """A table of HTML cells; headings ending in "#" are numbers, set right. `empty` is said when there are no rows."""
    if not rows:
        return f"<p class=soft>{html.escape(empty)}</p>"
    classes = [" class=n" if heading.endswith("#") else "" for heading in headings]
    top = "".join(f"<th{css}>{html.escape(head.rstrip('#'))}" for head, css in zip(headings, classes, strict=True))
    lines = "".join(
        "<tr>" + "".join(f"<td{css}>{cell}" for cell, css in zip(row, classes, strict=True)) for row in rows
    )
    return f"<div class=scroll><table><thead><tr>{top}<tbody>{lines}</table></div>"
