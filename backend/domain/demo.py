"""The well-known sign-ins of demo mode. They exist only where somebody asked for demo data; never for a real shop."""

from dataclasses import dataclass

from backend.domain.permissions import Role


@dataclass(frozen=True)
class DemoSignIn:
    name: str
    email: str
    role: Role
    password: str


SIGN_INS: tuple[DemoSignIn, ...] = (
    DemoSignIn("Sofia Marin", "sofia@demo.test", Role.CUSTOMER_SERVICE, "quiet-harbour-lantern"),
    DemoSignIn("Jonas Weber", "jonas@demo.test", Role.FINANCE, "amber-ledger-willow"),
    DemoSignIn("Priya Nair", "priya@demo.test", Role.MANAGER, "north-compass-meadow"),
    DemoSignIn("Tom Okafor", "tom@demo.test", Role.QA, "velvet-probe-orchard"),
    DemoSignIn("Ada Lindqvist", "ada@demo.test", Role.ADMIN, "granite-keyring-spruce"),
)
