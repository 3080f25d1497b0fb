"""Chaos: the whole product, broken on purpose, and three journals that must agree afterwards.

`make chaos` runs every campaign; `make chaos ARGUMENTS="--experiment F01 --seed 7 --schedule"` one experiment again. The
short part is in `make test` (`test_short.py`).

How an experiment is written. A campaign is a module `campaign_<letter>.py` with a list `EXPERIMENTS`; each is an
`Experiment` whose `run(field)` breaks things and returns when the last fault has struck:

    def provider_cuts(field: Field) -> None:
        field.site.fault(provider="shipengine", operation="label", fault="accept_then_cut", chance=0.3)
        field.driver.place(field.orders)                  # signed webhooks, sent until they are taken
        hits = ...                                        # how often it really struck
        field.fault("labels cut", count=hits)             # counted against `minimum`, printed with the seed

    EXPERIMENTS = [Experiment("F11", "Accepted, then cut", orders=100, minimum=20, run=provider_cuts, judge=own_rule)]

What it works with:
- `field.site` (site.py): the product as processes on a database of its own, everything that `tests.product.stack.Stack`
  has, and: `workers[i].send_signal(signal)`, `kill_worker`, `start_worker`, `web_process`, `start_web`, `kept()` (who dies is
  started again), `power_cut()`, `power_back()`, `failpoints` and `web_failpoints` for whatever starts from now on
  (`"call.sent=kill:0.1@{seed}"`), `strikes()` (how often they struck), `said(words)` (lines of the logs), `rows`, `value`,
  `execute`, `journal`, `fault`, `api`. Its options are given by `Experiment(site={...})`: `workers`, `settings`,
  `failpoints`, `web="dashboard"`, `web_failpoints`, `pace`.
- `field.driver` (driver.py): `place`, `place_in_background` and `wait`, `order`, `send`, `send_until_taken`, `each` (many
  things at once), `preview`, `carry_out`, `click`. All that it saw is journal D.
- `field.fault(what, count)`, `field.require(holds, sentence)`, `field.pause`, `field.finished()`, `field.chance` (a
  `random.Random` of the seed), `field.notes` (numbers for the report), `field.orders`.
- `Experiment(links=("database",))` or `("sandbox",)` puts a proxy (proxy.py) between the product and its database or all
  of its providers: `field.site.links["database"].cut()`, `.black_hole()`, `.refuse()`, `.heal()`, `.lose_answer = …`.

Then everything must come to rest, the journals are read (journals.py: D of the driver, P of the providers, L of our
database), all invariants are checked (invariants.py), and `judge(field, found)` adds the experiment's own rule by
`field.require`. Fewer faults than `minimum` make the verdict INVALID, which is a failure too.
"""
