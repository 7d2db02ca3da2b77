from django.apps import AppConfig


class TimeExpenseConfig(AppConfig):
    name = "timeexpense"

    def ready(self) -> None:
        from psa.core.access import registry
        from psa.core.documents import registry as documents
        from psa.core.ledger import origins as ledger_origins
        from psa.core.notifications import decisions, events
        from psa.core.pricing import replay

        from .events import TimeExpenseEvent
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
        events.register(
            events.Event(
                TimeExpenseEvent.RETURNED,
                "Time or expenses returned to me",
                email=True,
                is_personal=True,
            ),
            events.Event(
                TimeExpenseEvent.WEEK_DUE, "My week is due", email=True, push=True, is_personal=True
            ),
            events.Event(
                TimeExpenseEvent.WEEKS_MISSING, "Weeks of my people are missing", email=True
            ),
            events.Event(
                TimeExpenseEvent.PAST_CUTOFF,
                "Entries past the cut-off wait for me",
                email=True,
                push=True,
            ),
            events.Event(
                TimeExpenseEvent.HANDED_IN,
                "A week is handed in for me to decide on",
                push=True,
                in_app=False,
            ),
            events.Event(
                TimeExpenseEvent.DEPUTY_NAMED,
                "Somebody names me as deputy",
                email=True,
                is_personal=True,
            ),
            events.Event(
                TimeExpenseEvent.RECALL_REQUESTED, "Somebody asks for a recall", push=True
            ),
            events.Event(
                TimeExpenseEvent.RECALL_GRANTED,
                "My entry may be changed again",
                push=True,
                is_personal=True,
            ),
            events.Event(
                TimeExpenseEvent.RECALL_DECLINED,
                "My recall was declined",
                push=True,
                is_personal=True,
            ),
            events.Event(
                TimeExpenseEvent.TRAVEL_SUBMITTED, "Somebody asks for a journey", push=True
            ),
            events.Event(
                TimeExpenseEvent.TRAVEL_DECIDED,
                "My travel request was decided on",
                push=True,
                is_personal=True,
            ),
        )
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
