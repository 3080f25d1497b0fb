"""Signs that say a status by shape as well as by colour and word, and the product's own mark."""

import reflex as rx

SHAPES: dict[str, str] = {
    # an empty ring: nothing has happened yet
    "ring": "M6 1.75a4.25 4.25 0 1 1 0 8.5 4.25 4.25 0 0 1 0-8.5Z",
    # a ring with a filled half: on its way
    "half": "M6 1.75a4.25 4.25 0 1 1 0 8.5 4.25 4.25 0 0 1 0-8.5ZM6 1.75v8.5a4.25 4.25 0 0 0 0-8.5Z",
    "tick": "M2 6.4 4.7 9 10 3.2",
    "bars": "M4 2.2v7.6M8 2.2v7.6",
    "cross": "m2.8 2.8 6.4 6.4m0-6.4-6.4 6.4",
    "triangle": "M6 1.8 10.8 10.2H1.2Z",
    "arrow": "M1.8 6h8m-3-3 3 3-3 3",
    "back": "M10.2 6h-8m3-3-3 3 3 3",
}
FILLED = frozenset({"half", "triangle"})

SHAPE_OF: dict[str, str] = {
    "pending": "ring", "unshipped": "ring", "unpaid": "ring", "not_needed": "ring", "idle": "ring",
    "confirmed": "half", "processing": "half", "authorized": "half", "label_created": "half", "moving": "half",
    "shipped": "arrow", "in_transit": "arrow", "partially_shipped": "arrow",
    "delivered": "tick", "paid": "tick", "good": "tick",
    "held": "bars", "waiting": "bars",
    "cancelled": "cross", "skipped": "cross",
    "failed": "triangle", "disputed": "triangle", "exception": "triangle", "bad": "triangle",
    "refunded": "back", "partially_refunded": "back", "returned": "back",
}  # fmt: skip


def shape(name: str) -> rx.Component:
    """One of the shapes, in the colour of the text around it."""
    filled = name in FILLED
    return rx.el.svg(
        rx.el.path(
            d=SHAPES[name],
            fill="currentColor" if filled else "none",
            fill_rule="evenodd",
            stroke="currentColor",
            stroke_width="1.3" if filled else "1.8",
            stroke_linecap="round",
            stroke_linejoin="round",
        ),
        view_box="0 0 12 12",
        aria_hidden="true",
    )


def mark(status: rx.Var[str], word: rx.Var[str] | str) -> rx.Component:
    """A status with its shape; `status` is one of `SHAPE_OF`, `word` is what people read."""
    by_shape: dict[str, list[str]] = {}
    for code, name in SHAPE_OF.items():
        by_shape.setdefault(name, []).append(code)
    cases = [(*codes, shape(name)) for name, codes in by_shape.items()]
    return rx.el.span(rx.match(status, *cases, shape("ring")), word, class_name="mark " + status)


def brand_mark() -> rx.Component:
    """Two jaws that hold a block: the product's sign."""
    return rx.el.svg(
        rx.el.path(
            d="M8.5 3h-3A2.5 2.5 0 0 0 3 5.5v13A2.5 2.5 0 0 0 5.5 21h3"
            "M15.5 3h3A2.5 2.5 0 0 1 21 5.5v13a2.5 2.5 0 0 1-2.5 2.5h-3",
            fill="none",
            stroke="currentColor",
            stroke_width="2.4",
            stroke_linecap="round",
        ),
        rx.el.rect(x="8.2", y="8.2", width="7.6", height="7.6", rx="1.7", fill="currentColor"),
        view_box="0 0 24 24",
        width="22",
        height="22",
        aria_hidden="true",
    )
