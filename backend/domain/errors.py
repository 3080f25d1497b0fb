"""Every expected failure, with a stable code and a sentence a person can act on.

Anything that is not a `HoldfastError` is a bug and stays loud.
"""

from typing import ClassVar


class HoldfastError(Exception):
    """An expected failure: `code` is stable for programs, `str(error)` is the sentence for people."""

    code: ClassVar[str] = "error"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence


class NotFound(HoldfastError):
    code = "not_found"


class OrderNotFound(NotFound):
    code = "order_not_found"

    def __init__(self, number: str) -> None:
        super().__init__(f"There is no order {number}. Check the number: it looks like ORD-20260131-00001.")


class NotSignedIn(HoldfastError):
    code = "not_signed_in"

    def __init__(self) -> None:
        super().__init__("You are not signed in, or your session has ended. Sign in and try again.")


class TokenRefused(HoldfastError):
    code = "token_refused"

    def __init__(self) -> None:
        super().__init__(
            "Send a valid API token: `Authorization: Bearer hf_…`. `holdfast token create --role ROLE` makes one."
        )


class SignInRefused(HoldfastError):
    code = "sign_in_refused"

    def __init__(self) -> None:
        super().__init__("The e-mail address or the password is not right.")


class TooManyAttempts(HoldfastError):
    code = "too_many_attempts"

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"Too many attempts. Wait {retry_after} seconds and try again.")
        self.retry_after = retry_after


class NotAllowed(HoldfastError):
    code = "not_allowed"

    def __init__(self, role: str, what: str) -> None:
        super().__init__(f"The role {role} may not {what}. Ask an administrator if you need to.")


class OwnRequest(HoldfastError):
    """Two people must agree, and the one who asked cannot be the second, under whatever session or token."""

    code = "own_request"

    def __init__(self) -> None:
        super().__init__("You asked for this yourself, so somebody else has to decide it. You can withdraw it.")


class IllegalMove(HoldfastError):
    code = "illegal_move"

    def __init__(self, status: str, event: str) -> None:
        super().__init__(f"An order that is {status} cannot take the event {event}.")
        self.status = status
        self.event = event


class StaleWrite(HoldfastError):
    """Somebody else changed the row between our reading and our writing."""

    code = "stale"


class PreviewOutdated(HoldfastError):
    """The facts moved between the preview and the click; `changes` says how and by whom, for the middle of a sentence."""

    code = "preview_outdated"

    def __init__(self, number: str, changes: str = "") -> None:
        news = f": {changes}." if changes else "."
        super().__init__(
            f"Order {number} has changed since you looked at it{news} Nothing was done."
            " Look at it again and decide again."
        )


class AlreadyDone(HoldfastError):
    code = "already_done"

    def __init__(self, what: str, who: str, *, how: str = "done", ago: str = "") -> None:
        when = f", {ago}" if ago else ""
        super().__init__(f"{what} was already {how} by {who}{when}. Nothing was done twice.")
        self.who = who


class ReasonMissing(HoldfastError):
    code = "reason_missing"

    def __init__(self, action: str, kept_in: str = "the order's timeline") -> None:
        super().__init__(f"To {action}, give a reason of at least 3 characters; it goes into {kept_in}.")


class NotPossible(HoldfastError):
    """The action does not fit the state of things; the sentence says why and what to do instead."""

    code = "not_possible"


class TooMany(HoldfastError):
    """More orders were chosen than may be acted on at once."""

    code = "too_many"

    def __init__(self, limit: int) -> None:
        super().__init__(
            f"These are too many orders: at most {limit:,} at once. Nothing was changed. Choose fewer, or filter further."
        )
        self.limit = limit


class InvalidInput(HoldfastError):
    """Input that breaks a rule; `problems` are sentences, each saying what, where and what to do."""

    code = "invalid_input"

    def __init__(self, problems: list[str]) -> None:
        super().__init__(" ".join(problems))
        self.problems = problems


class SearchTooWide(HoldfastError):
    code = "search_too_wide"

    def __init__(self, seconds: float) -> None:
        super().__init__(
            f"This search takes longer than {seconds:g} seconds. Narrow it down, for example with created:30d or a status."
        )


class ConfigurationError(HoldfastError):
    """A setting is wrong; names it, says what was wrong and what is allowed."""

    code = "configuration"
