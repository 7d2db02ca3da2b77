from django.apps import AppConfig


class TimeExpenseConfig(AppConfig):
    name = "timeexpense"

    def ready(self) -> None:
        from psa.core.access import registry
        from psa.core.documents import registry as documents
        from psa.core.notifications import events
        from psa.core.pricing import replay

        from .events import TimeExpenseEvent
        from .permissions import TimeExpensePermission
        from .selectors import expenses
        from .services import replays

        registry.register(TimeExpensePermission)
        documents.register(
            expenses.RECEIPT_OF,
            can_see=expenses.may_see_entry,
            can_add=expenses.may_change_entry,
        )
        replay.register("time_entry", title="Time entry", replay=replays.replay_time)
        replay.register("expense_entry", title="Expense", replay=replays.replay_expenses)
        events.register(
            events.Event(TimeExpenseEvent.RETURNED, "Time or expenses returned to me", email=True),
            events.Event(TimeExpenseEvent.RECALL_REQUESTED, "Somebody asks for a recall"),
            events.Event(TimeExpenseEvent.RECALL_GRANTED, "My entry may be changed again"),
            events.Event(TimeExpenseEvent.RECALL_DECLINED, "My recall was declined"),
        )
