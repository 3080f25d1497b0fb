"""Where colleagues are signed in, as it is told to whoever looks after the installation."""

from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv4Address, ip_address

from backend.domain.permissions import Role


@dataclass(frozen=True)
class SignedIn:
    """One place where a colleague is signed in.

    `id` is a part of its token's hash, good for naming it and nothing else. `address` is masked, `own`: it is a session of
    whoever looks.
    """

    id: str
    person_id: int
    name: str
    email: str
    role: Role
    browser: str
    address: str
    since: datetime
    last_seen_at: datetime
    own: bool


@dataclass(frozen=True)
class PeopleHere:
    """How many colleagues may sign in, and how many have done something lately in a session that goes on."""

    all: int
    here: int


@dataclass(frozen=True)
class SignedInPeople:
    """Everybody who is signed in, by name; a person may be so in several places."""

    people: PeopleHere
    sessions: tuple[SignedIn, ...]


def masked_address(address: str) -> str:
    """The network that an address is in, which tells the office from elsewhere and no colleague's own line.

    `203.0.113.9` becomes `203.0.113.…`; what is no address becomes nothing.
    """
    try:
        found = ip_address(address)
    except ValueError:
        return ""
    found = getattr(found, "ipv4_mapped", None) or found
    if isinstance(found, IPv4Address):
        return f"{str(found).rpartition('.')[0]}.…"
    return ":".join(part.lstrip("0") or "0" for part in found.exploded.split(":")[:3]) + ":…"
