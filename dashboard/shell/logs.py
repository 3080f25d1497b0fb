"""Keeps cookies out of the log: Reflex logs a whole event, request headers included, when its name is unknown."""

import logging
import re

_SECRET = re.compile(r"""(['"](?:cookie|authorization)['"]\s*:\s*)(['"])(?:(?!\2).)*\2""", re.IGNORECASE)
_LOGGERS = ("reflex_base.event.processor.event_processor", "reflex.app", "reflex")


class MaskSecrets(logging.Filter):
    """Replaces the values of cookie and authorization headers in a message."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = mask(record.getMessage()), ()
        return True


def mask(text: str) -> str:
    return _SECRET.sub(r"\1\2***\2", text)


def install() -> None:
    """Put the filter on every logger that Reflex uses for events."""
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        if not any(isinstance(known, MaskSecrets) for known in logger.filters):
            logger.addFilter(MaskSecrets())
