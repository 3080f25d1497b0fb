"""The inbox keeps every delivery as if it were new."""

from tests.chaos.mutants.rewriting import replaced

DATABASE = "alter table inbox drop constraint uq_inbox_provider_event_id"


def apply() -> None:
    replaced(
        "on conflict (provider, event_id) do update set duplicates = known.duplicates + 1 returning id, duplicates = 0",
        "returning id, true",
    )
