"""What was measured, held against its budgets."""

from dataclasses import dataclass
from typing import Any

from backend.bench.desk.wish import CURRENT_SECONDS, LIMIT_MS, TIMES_BARE, Live, Query, Sample, Wish

EMPTY = "empty click"


@dataclass(frozen=True)
class Result:
    """`load`: the machine's load average before and after. `loaded`: how the orders came to be there."""

    wish: Wish
    held: int
    loaded: str
    load: tuple[float, float]
    samples: tuple[Sample, ...]
    queries: tuple[Query, ...]
    live: Live | None

    @property
    def empty_ms(self) -> float:
        """The 95th percentile of a click that does nothing; 0 where none was measured."""
        return next((sample.at(0.95) for sample in self.samples if sample.name == EMPTY), 0.0)

    def ratio(self, sample: Sample) -> float | None:
        return sample.at(0.95) / self.empty_ms if self.empty_ms else None

    @property
    def missed(self) -> list[str]:
        """Every budget that was missed, as a sentence."""
        return [*self._slow_clicks(), *self._slow_queries(), *self._late_desks()]

    def _slow_clicks(self) -> list[str]:
        found = []
        for sample in self.samples:
            p95, ratio = sample.at(0.95), self.ratio(sample)
            if p95 > LIMIT_MS:
                found.append(f"{sample.name}: {p95:.0f} ms at the 95th percentile, more than {LIMIT_MS:.0f} ms.")
            if sample.times_empty is not None and ratio is not None and ratio > sample.times_empty:
                found.append(f"{sample.name}: {ratio:.1f} times an empty click, more than {sample.times_empty:g}.")
        return found

    def _slow_queries(self) -> list[str]:
        return [
            f"Queries of {query.name}: {query.ratio:.1f} times the bare SQL, more than {TIMES_BARE:g}."
            for query in self.queries
            if query.ratio > TIMES_BARE
        ]

    def _late_desks(self) -> list[str]:
        live, found = self.live, []
        if live is not None and live.at(0.95) > CURRENT_SECONDS:
            found.append(
                f"Live desks: current after {live.at(0.95):.2f} s at the 95th percentile, not {CURRENT_SECONDS:g}."
            )
        if live is not None and live.missing:
            found.append(f"Live desks: {live.missing} times a desk never showed a hold.")
        return found

    def as_json(self) -> dict[str, Any]:
        live = self.live
        return {
            "orders": self.wish.orders,
            "held": self.held,
            "loaded": self.loaded,
            "load_average": self.load,
            "clicks": {
                sample.name: {
                    "rounds": len(sample.milliseconds),
                    "p50_ms": round(sample.at(0.5), 1),
                    "p95_ms": round(sample.at(0.95), 1),
                    "times_empty": round(self.ratio(sample) or 0.0, 2),
                }
                for sample in self.samples
            },
            "queries": {
                query.name: {
                    "statements": query.statements,
                    "ours_ms": round(query.ours_ms, 2),
                    "bare_ms": round(query.bare_ms, 2),
                    "ratio": round(query.ratio, 2),
                }
                for query in self.queries
            },
            "live": live
            and {
                "desks": live.desks,
                "holds": live.holds,
                "p50_s": round(live.at(0.5), 3),
                "p95_s": round(live.at(0.95), 3),
                "missing": live.missing,
                "updates": live.updates,
                "web_cpu": round(live.web_cpu, 2),
            },
            "missed": self.missed,
        }
