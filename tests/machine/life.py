"""The machine itself: what can happen to orders, and what must hold after everything that happens."""

import contextlib
from collections.abc import Iterator
from dataclasses import replace
from typing import Any, ClassVar

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from backend import clock
from backend.domain.errors import HoldfastError, NotAllowed
from backend.domain.holds import CATALOGUE, HoldKind
from backend.domain.intake import NewOrder
from backend.domain.orders import TRANSITIONS
from backend.domain.permissions import Actor, Role, provider_actor
from backend.domain.refunds import RefundWish
from backend.ports.calls import Call
from backend.ports.payments import PaymentEvent, PaymentEventKind
from backend.ports.registry import Adapters
from backend.services import actions, cancellations, intake, payment_events, refunds, sending, steps, sweep
from backend.services.run import in_unit_of_work
from tests import factories
from tests.copies import Copies
from tests.machine.outside import LAG, NAME, Behaviour, Effect, Outside

MOST_ORDERS = 3
SKU = "LNT-STR-BRS"
ON_SHELF = 5
CENTS = 700
LEASE = 60.0
DAY = 24 * 3600.0
_MOVES = {(str(before), str(after)) for (before, _), after in TRANSITIONS.items()}
_SHIFT = """
    update steps set due_at = due_at - d, woken_at = woken_at - d, lease_until = lease_until - d,
        first_sent_at = first_sent_at - d, last_sent_at = last_sent_at - d
    from (select make_interval(secs => %s) as d) as moved where state in ('ready', 'running', 'held', 'waiting', 'parked')
"""
_SHIFT_RESTORE = """
    update sending set restored_at = restored_at - d, lost_from = lost_from - d
    from (select make_interval(secs => %s) as d) as moved where epoch > 0
"""
_SHIFT_BREAKERS = (
    "update breakers set next_probe_at = next_probe_at - make_interval(secs => %s) where state <> 'closed'"
)
_DUE = """
    select id from steps where (state = 'ready' and due_at <= clock_timestamp())
       or (state = 'running' and lease_until < clock_timestamp()) order by id
"""

kind_of_time = st.sampled_from([3.0, LAG, LEASE, DAY / 2 + 60, DAY + 60])


class Life(RuleBasedStateMachine):
    """One world: a database of ours, and an outside. `outside_of` makes the outside; mutants make a lying one."""

    copies: Copies
    empty: dict[str, bytes]
    key_seconds: float | None = DAY
    can_ask = True
    lag = LAG
    declared_lag = LAG
    remembers = 1.0
    outcomes: tuple[Behaviour, ...] = tuple(Behaviour)
    findings: ClassVar[list[str]] = []
    """What was found wrong, also where a replay of it comes out differently."""

    def __init__(self) -> None:
        super().__init__()
        self.copies.restore(self.empty)
        self.outside = Outside(
            self.key_seconds, self.can_ask, lag=self.lag, declared_lag=self.declared_lag, remembers=self.remembers
        )
        self.adapters = Adapters(
            gateways={NAME: self.outside}, default_gateway=NAME, invoicing=self.outside, shipping=self.outside
        )
        self.sent: list[NewOrder] = []
        self.backup: dict[str, bytes] | None = None
        self.clicks: dict[str, int] = {}
        self.actor: Actor = factories.staff(Role.ADMIN)
        self.restores = 0

    # what arrives

    @initialize()
    def open_the_shop(self) -> None:
        factories.stocked(SKU, ON_SHELF)

    @precondition(lambda self: len(self.sent) < MOST_ORDERS)
    @rule(quantity=st.integers(1, 3))
    def receive(self, quantity: int) -> None:
        new = factories.new_order(factories.item(sku=SKU, quantity=quantity), placed_at=clock.now())
        self.sent.append(new)
        self._create(new)

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def duplicate(self, data: st.DataObject) -> None:
        self._create(data.draw(st.sampled_from(self.sent)))

    @precondition(lambda self: self.outside.of("charge") or self.outside.of("refund"))
    @rule(data=st.data())
    def news(self, data: st.DataObject) -> None:
        """A webhook about any money that ever moved: early, late, twice, out of order."""
        effect = data.draw(st.sampled_from([*self.outside.of("charge"), *self.outside.of("refund")]))
        in_unit_of_work(payment_events.apply, NAME, self._event(effect))

    def _create(self, new: NewOrder) -> None:
        in_unit_of_work(intake.create_order, new, actor=provider_actor("generic"))

    def _event(self, effect: Effect) -> PaymentEvent:
        kind = PaymentEventKind.CAPTURED if effect.kind == "charge" else PaymentEventKind.REFUNDED
        number = effect.key.split(":")[0]
        when = clock.now()
        return PaymentEvent(
            f"e-{effect.reference}", str(kind), kind, effect.reference, number, effect.key, effect.amount, "EUR", when
        )

    # what workers do

    def _due(self) -> list[int]:
        return [row[0] for row in self.copies.execute(_DUE)]

    @rule(data=st.data())
    def work(self, data: st.DataObject) -> None:
        """A worker takes a due step, and the call goes as it goes."""
        if due := self._due():
            self._run(data.draw(st.sampled_from(due)), data.draw(st.sampled_from(self.outcomes)))

    @rule(called=st.booleans(), data=st.data())
    def crash(self, called: bool, data: st.DataObject) -> None:
        """A worker dies after it wrote its intent down, before or after the call, and never writes what came of it."""
        due = self._due()
        job = in_unit_of_work(steps._begin, data.draw(st.sampled_from(due)), self.adapters, "dies") if due else None
        if job is not None and called:
            self.outside.behaviour = data.draw(st.sampled_from(self.outcomes))
            steps._call(job, Call(key=job.key, deadline=clock.monotonic() + 20))
        self.outside.behaviour = Behaviour.OK

    @rule()
    def sweep_and_work(self) -> None:
        in_unit_of_work(sweep.sweep, "machine")
        for step_id in self._due():
            self._run(step_id, Behaviour.OK)

    @rule(seconds=kind_of_time)
    def time_goes_by(self, seconds: float) -> None:
        self._pass(seconds)

    @rule()
    def questions_fail_or_work_again(self) -> None:
        self.outside.mute = not self.outside.mute

    def _run(self, step_id: int, behaviour: Behaviour) -> None:
        self.outside.behaviour = behaviour
        steps.run(step_id, self.adapters, worker="machine")
        self.outside.behaviour = Behaviour.OK

    def _pass(self, seconds: float) -> None:
        for statement in (_SHIFT, _SHIFT_RESTORE, _SHIFT_BREAKERS):
            self.copies.execute(statement, (seconds,))
        self.outside.pass_time(seconds)

    # what people do

    def _orders(self) -> list[tuple[str, str]]:
        return [(row[0], row[1]) for row in self.copies.execute("select number, external_id from orders order by id")]

    def _an_order(self, data: st.DataObject) -> tuple[str, str]:
        """One of ours; after a restore there may be none."""
        return data.draw(st.sampled_from(self._orders() or [("ORD-20260101-00000", "")]))

    def _open_holds(self) -> list[tuple[int, str, str, str]]:
        query = (
            "select h.id, o.number, o.external_id, h.kind from holds h join orders o on o.id = h.order_id "
            "where h.closed_at is null order by h.id"
        )
        return [(row[0], row[1], row[2], row[3]) for row in self.copies.execute(query)]

    @precondition(lambda self: self.sent)
    @rule(data=st.data(), retry=st.booleans())
    def click_on_a_hold(self, data: st.DataObject, retry: bool) -> None:
        """Retry or release, whatever the button says; before releasing what may be known, people look outside."""
        found = self._open_holds()
        if not found:
            return
        hold_id, number, external, kind = data.draw(st.sampled_from(found))
        if kind == HoldKind.OLDER_THAN_RESTORE and self.outside.of("charge", external):
            return
        if retry:
            self._click(actions.preview_retry, actions.retry, number, hold_id)
        else:
            self._click(actions.preview_release, actions.release, number, [hold_id])

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def click_retry_of_a_document(self, data: st.DataObject) -> None:
        number, _ = self._an_order(data)
        query = (
            "select s.id from steps s join orders o on o.id = s.order_id where o.number = %s and s.state = 'parked' "
            "and s.kind in ('invoice.issue', 'invoice.store', 'credit_note.issue', 'credit_note.store') order by s.id"
        )
        for (step_id,) in self.copies.execute(query, (number,)):
            self._click(actions.preview_retry_step, actions.retry_step, number, step_id)

    @precondition(lambda self: self.sent)
    @rule(data=st.data(), full=st.booleans())
    def click_refund(self, data: st.DataObject, full: bool) -> None:
        number, external = self._an_order(data)
        wish = RefundWish(full=True) if full else RefundWish(amount_minor=CENTS)
        if self._click(refunds.preview_refund, refunds.refund, number, wish):
            self.clicks[external] = self.clicks.get(external, 0) + 1

    @precondition(lambda self: self.sent)
    @rule(data=st.data(), restock=st.booleans())
    def click_cancel(self, data: st.DataObject, restock: bool) -> None:
        number, external = self._an_order(data)
        if self._click(cancellations.preview_cancel, cancellations.cancel, number, restock=restock):
            self.clicks[external] = self.clicks.get(external, 0) + 1

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def hold_by_hand(self, data: st.DataObject) -> None:
        number, _ = self._an_order(data)
        try:
            in_unit_of_work(actions.hold, number, actor=self.actor, reason="the customer called")
        except HoldfastError:
            return

    @rule()
    def role_changes(self) -> None:
        self.actor = replace(self.actor, role=Role.QA if self.actor.role is Role.ADMIN else Role.ADMIN)

    def _click(self, preview: Any, carry_out: Any, number: str, *about: Any, **more: Any) -> bool:
        """Preview and confirm as the dashboard does, twice; an expected refusal is no effect."""
        try:
            shown = in_unit_of_work(preview, number, *about, actor=self.actor, **more)
            told = {"version": shown.version, "token": shown.token, "reason": "machine says so"}
            done = in_unit_of_work(carry_out, number, *about, actor=self.actor, **more, **told)
        except NotAllowed:
            assert self.actor.role is Role.QA
            return False
        except HoldfastError:
            return False
        assert self.actor.role is Role.ADMIN
        assert not done.repeated
        assert in_unit_of_work(carry_out, number, *about, actor=self.actor, **more, **told).repeated
        return True

    # disaster

    @precondition(lambda self: self.backup is None and self.sent)
    @rule()
    def take_backup(self) -> None:
        self.backup = self.copies.take()

    @precondition(lambda self: self.backup is not None)
    @rule()
    def restore_backup(self) -> None:
        """All workers are stopped meanwhile, so what was under way outside has come to its end."""
        assert self.backup is not None
        self.copies.restore(self.backup)
        self.backup = None
        self.restores += 1
        self.outside.pass_time(LEASE)
        in_unit_of_work(sending.restored, cause="the machine's backup")

    @precondition(lambda self: self.restores)
    @rule()
    def click_go(self) -> None:
        try:
            preview = in_unit_of_work(sending.preview_go, actor=self.actor)
            in_unit_of_work(
                sending.go, actor=self.actor, epoch=preview.epoch, token=preview.token, reason="machine says so"
            )
        except NotAllowed:
            assert self.actor.role is Role.QA
        except HoldfastError:
            assert not self._paused()

    def _paused(self) -> bool:
        return bool(self.copies.execute("select 1 from sending where paused_at is not null"))

    # what must always hold

    def check_invariants(self, *arguments: Any) -> None:
        with self._noted():
            super().check_invariants(*arguments)

    @contextlib.contextmanager
    def _noted(self) -> Iterator[None]:
        try:
            yield
        except AssertionError as wrong:
            self.findings.append(str(wrong))
            raise

    @invariant()
    def nothing_twice(self) -> None:
        for external in {effect.order for effect in self.outside.effects}:
            for kind in ("charge", "invoice", "label"):
                found = self.outside.of(kind, external)
                assert len(found) <= 1, f"{len(found)} × {kind} for {external}: {[effect.key for effect in found]}"
            back = self.outside.of("refund", external)
            assert len(back) <= self.clicks.get(external, 0), f"more refunds than decisions for {external}"
            assert len({effect.key for effect in back}) == len(back), "one decision was paid back twice"

    @invariant()
    def nothing_ships_unpaid(self) -> None:
        for label in self.outside.of("label"):
            paid = [
                charge for charge in self.outside.of("charge", label.order) if charge.accepted_at <= label.accepted_at
            ]
            assert paid, f"a label was bought for {label.order}, which is not paid"

    @invariant()
    def one_order_for_each_of_the_shop(self) -> None:
        rows = self.copies.execute("select external_id, count(*) from orders group by external_id having count(*) > 1")
        assert rows == []

    @invariant()
    def no_illegal_move(self) -> None:
        moves = self.copies.execute("select data->>'from', data->>'to' from timeline where kind = 'status:changed'")
        assert set(moves) <= _MOVES

    @invariant()
    def every_hold_says_why_and_what_to_do(self) -> None:
        for kind, reason in self.copies.execute("select kind, reason from holds"):
            assert reason.strip()
            assert CATALOGUE[HoldKind(kind)].advice

    @invariant()
    def stock_adds_up(self) -> None:
        wrong = self.copies.execute(
            "select sku from inventory i where on_hand < 0 or reserved < 0 or on_hand <> "
            "(select coalesce(sum(on_hand_change), 0) from stock_movements m where m.sku = i.sku) or reserved <> "
            "(select coalesce(sum(reserved_change), 0) from stock_movements m where m.sku = i.sku)"
        )
        assert wrong == []

    @invariant()
    def nothing_failed_without_proof(self) -> None:
        """What we call refused, the outside refused; what is not known is said to be not known."""
        for key, outcome, in_doubt in self.copies.execute(
            "select key, outcome, in_doubt from steps where state = 'parked' and provider <> ''"
        ):
            if outcome == "rejected" and not in_doubt:
                assert key in self.outside.refusals or self._of_another(key), f"{key} was never refused"
            if outcome in ("in_doubt", "unfinished"):
                assert in_doubt, f"{key}: {outcome}, and yet not in doubt"

    def _of_another(self, key: str) -> bool:
        """A document's number that the outside has given to another order of ours is a proof as well."""
        return ":invoice." in key or ":credit_note." in key

    # the end

    def teardown(self) -> None:
        """Everything heals and people click what is left to click: then both sides say the same of all money."""
        self.outside.mute = False
        self.actor = factories.staff(Role.ADMIN)
        if self._paused():
            self.click_go()
        for _ in range(12):
            self._pass(DAY / 10)
            self.sweep_and_work()
            if not self.copies.execute("select 1 from steps where state in ('ready', 'running')"):
                break
        with self._noted():
            self._check_the_end()

    def _check_the_end(self) -> None:
        self.nothing_twice()
        stuck = self.copies.execute("select key, state, attempts, error from steps where state in ('ready', 'running')")
        assert stuck == [], f"stuck: {stuck}"
        rows = self.copies.execute(
            "select o.external_id, coalesce(t.captured_minor, 0), coalesce(t.refunded_minor, 0) from orders o "
            "left join payment_totals t on t.order_id = o.id where not exists (select 1 from steps s where "
            "s.order_id = o.id and s.in_doubt) "
            "and not exists (select 1 from holds h where h.order_id = o.id and h.kind = 'older_than_restore')"
        )
        for external, captured, refunded in rows:
            theirs = (self.outside.total("charge", external), self.outside.total("refund", external))
            assert (captured, refunded) == theirs or self._lost_in_restore(refunded, theirs), (
                f"{external}: ours {(captured, refunded)}, theirs {theirs}"
            )

    def _lost_in_restore(self, refunded: int, theirs: tuple[int, int]) -> bool:
        """A refund that was decided after the backup is known outside only."""
        return bool(self.copies.execute("select 1 from sending where epoch > 0")) and refunded <= theirs[1]
