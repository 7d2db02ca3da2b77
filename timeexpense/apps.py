from django.apps import AppConfig


class TimeExpenseConfig(AppConfig):
    name = "timeexpense"

    def ready(self) -> None:
        from psa.core.access import registry
        from psa.core.documents import registry as documents
        from psa.core.ledger import origins as ledger_origins
        from psa.core.notifications import decisions, events
        from psa.core.pricing import replay

        from .events import TOLD, TimeExpenseEvent
        from .permissions import TimeExpensePermission
        from .selectors import expenses, origins, receipt_readings
        from .services import device_decisions, device_requests, replays

        registry.register(TimeExpensePermission)
        documents.register(
            expenses.RECEIPT_OF,
            can_see=expenses.may_see_entry,
            can_add=expenses.may_change_entry,
        )
        documents.register(
            receipt_readings.READING_OF,
            can_see=receipt_readings.may_see,
            can_add=receipt_readings.may_add,
        )
        ledger_origins.register("time_entry", origins.of_time)
        ledger_origins.register("expense_entry", origins.of_expense)
        replay.register("time_entry", title="Time entry", replay=replays.replay_time)
        replay.register("expense_entry", title="Expense", replay=replays.replay_expenses)
        events.register(*TOLD)
        for event in (TimeExpenseEvent.PAST_CUTOFF, TimeExpenseEvent.HANDED_IN):
            decisions.register(
                event, offer=device_decisions.offer, carry_out=device_decisions.carry_out
            )
        decisions.register(
            TimeExpenseEvent.TRAVEL_SUBMITTED,
            offer=device_requests.offer_journey,
            carry_out=device_requests.approve_journey,
        )
        decisions.register(
            TimeExpenseEvent.RECALL_REQUESTED,
            offer=device_requests.offer_recall,
            carry_out=device_requests.grant_recall,
        )
