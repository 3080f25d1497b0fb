"""What makes a staff password good enough: length, and not being one that everybody tries first.

Lengths follow OWASP ASVS 5.0, section 6.2 (at least 8, 15 advised; 64 and more must be allowed).
"""

MIN_LETTERS = 15
MAX_LETTERS = 256

_TRIED_FIRST = (
    "password", "passwort", "123456", "qwerty", "azerty", "letmein", "welcome", "admin", "holdfast", "iloveyou",
    "abc123", "111111", "monkey", "dragon", "football", "baseball", "sunshine", "princess", "secret", "changeme",
)  # fmt: skip


def password_problem(password: str, email: str) -> str:
    """Why a password is refused, as a sentence; empty when it is good enough."""
    if len(password) < MIN_LETTERS:
        return f"The password has {len(password)} letters; use at least {MIN_LETTERS}. A few random words do well."
    if len(password) > MAX_LETTERS:
        return f"The password has {len(password)} letters; at most {MAX_LETTERS} are taken."
    plain = password.casefold()
    for word in (*_TRIED_FIRST, email.split("@")[0].casefold()):
        # What remains beside a well-known word must itself be worth something.
        if len(word) >= 4 and word in plain and len(plain.replace(word, "").strip("0123456789!?.-_ ")) < 6:
            return "The password is built on a word that is tried first. Use a few random words instead."
    if len(set(plain)) < 5:
        return "The password repeats too few letters. Use a few random words instead."
    return ""
