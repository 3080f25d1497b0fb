"""Who may do what: five roles, areas of the back office, and three levels per area."""

from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from backend.domain.errors import NotAllowed
from backend.domain.providers import provider_name


class Role(StrEnum):
    CUSTOMER_SERVICE = "customer_service"
    FINANCE = "finance"
    MANAGER = "manager"
    QA = "qa"
    ADMIN = "admin"


ROLE_NAMES: dict[Role, str] = {
    Role.CUSTOMER_SERVICE: "Customer service",
    Role.FINANCE: "Finance",
    Role.MANAGER: "Manager",
    Role.QA: "QA",
    Role.ADMIN: "Administrator",
}


class Area(StrEnum):
    ORDERS = "orders"
    HOLDS = "holds"
    MONEY = "money"
    QUARANTINE = "quarantine"
    METRICS = "metrics"
    INTEGRATIONS = "integrations"
    SETTINGS = "settings"
    AUDIT = "audit"
    LAB = "lab"


class Level(IntEnum):
    NONE = 0
    VIEW = 1
    ACT = 2


_N, _V, _A = Level.NONE, Level.VIEW, Level.ACT

MATRIX: dict[Role, dict[Area, Level]] = {
    Role.CUSTOMER_SERVICE: {
        Area.ORDERS: _A, Area.HOLDS: _A, Area.MONEY: _A, Area.QUARANTINE: _A,
        Area.METRICS: _N, Area.INTEGRATIONS: _V, Area.SETTINGS: _N, Area.AUDIT: _N, Area.LAB: _N,
    },
    Role.FINANCE: {
        Area.ORDERS: _V, Area.HOLDS: _V, Area.MONEY: _A, Area.QUARANTINE: _V,
        Area.METRICS: _V, Area.INTEGRATIONS: _V, Area.SETTINGS: _N, Area.AUDIT: _V, Area.LAB: _N,
    },
    Role.MANAGER: {
        Area.ORDERS: _A, Area.HOLDS: _A, Area.MONEY: _A, Area.QUARANTINE: _A,
        Area.METRICS: _V, Area.INTEGRATIONS: _V, Area.SETTINGS: _V, Area.AUDIT: _V, Area.LAB: _N,
    },
    Role.QA: {
        Area.ORDERS: _V, Area.HOLDS: _V, Area.MONEY: _V, Area.QUARANTINE: _V,
        Area.METRICS: _V, Area.INTEGRATIONS: _V, Area.SETTINGS: _N, Area.AUDIT: _N, Area.LAB: _A,
    },
    Role.ADMIN: {area: _A for area in Area},
}  # fmt: skip


class ActorKind(StrEnum):
    """What kind of actor did a thing; the timeline tells people and machines apart."""

    STAFF = "staff"
    SYSTEM = "system"
    PROVIDER = "provider"
    CUSTOMER = "customer"


@dataclass(frozen=True)
class Actor:
    """Who does something: a signed-in person, an API token (both staff) or the system itself.

    `id` is `user:7`, `token:3`, `system` or `provider:stripe`; `name` is what the timeline shows. `person`: whose token
    it is, as `user:7`; empty for a session, and for a token that was made for nobody. `zone`: the time zone in which
    their days begin, as an IANA name; empty means the shop's.
    """

    kind: ActorKind
    id: str
    name: str
    role: Role | None = None
    person: str = ""
    zone: str = field(default="", compare=False)

    @property
    def party(self) -> str:
        """Who is behind it, where two people must agree: all sessions and tokens of one person are one party."""
        return self.person or self.id

    def may(self, area: Area, level: Level) -> bool:
        return self.role is not None and MATRIX[self.role][area] >= level

    def require(self, area: Area, level: Level, what: str) -> None:
        """Raise `NotAllowed` unless the actor's role reaches `level` in `area`; the system itself may do all."""
        if self.kind is ActorKind.SYSTEM:
            return
        if not self.may(area, level):
            raise NotAllowed(ROLE_NAMES[self.role] if self.role else self.kind, what)


SYSTEM = Actor(ActorKind.SYSTEM, "system", "Holdfast")


def provider_actor(provider: str) -> Actor:
    """The actor for what a provider tells us by webhook."""
    return Actor(ActorKind.PROVIDER, f"provider:{provider}", provider_name(provider))
