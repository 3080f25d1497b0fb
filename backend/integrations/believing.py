"""Whether an answer may be believed: it must be about what was asked for, and show the money that was asked for."""

from backend.domain.money import display
from backend.domain.providers import provider_name
from backend.ports.calls import Mismatch, OutcomeUnknown


def check_about(provider: str, thing: str, got: str, wanted: str) -> None:
    """Raise `OutcomeUnknown` for an answer that names something else; one that names nothing contradicts nothing."""
    if got and got != wanted:
        sentence = f"{provider_name(provider)} answered with {thing} {got}, but was asked for {wanted}."
        raise OutcomeUnknown(provider, f"{sentence} The answer is not believed.")


def check_money(provider: str, what: str, got: tuple[int, str], wanted: tuple[int, str]) -> None:
    """Raise `Mismatch` for another amount (minor units) or currency than was asked for; `what` begins a sentence."""
    if got != wanted:
        sentence = f"{what} {display(*got)}, but the order needs {display(*wanted)}. Nothing was booked."
        raise Mismatch(provider, sentence)
