"""A form that the browser posts by itself; Reflex's own form element never lets a form go."""

import reflex as rx
from reflex_components_core.el.element import Element


class PlainForm(Element):
    """`<form method=… action=…>` with nothing added."""

    tag = "form"

    action: rx.Var[str]
    method: rx.Var[str]
