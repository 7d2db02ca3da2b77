"""The words that the day's script says, in the reader's language."""

from django.utils.translation import gettext as _


def words() -> dict[str, str]:
    """By key; `{n}` and the like are filled in by the script."""
    return {
        "sent": _("All sent"),
        "unsent_one": _("1 unsynced"),
        "unsent": _("{n} unsynced"),
        "offline": _("No network. What you enter is kept on this device and sent later."),
        "signed_out": _("You are signed out. Sign in to send what is kept here."),
        "not_yours": _("These entries are somebody else's. Sign in as the one who wrote them."),
        "unreachable": _("The server did not answer. It is tried again."),
        "sending": _("Sending…"),
        "pending": _("Not sent yet"),
        "refused": _("Refused"),
        "conflict": _("Changed elsewhere"),
        "deleting": _("Will be deleted"),
        "nothing": _("Nothing entered yet."),
        "not_kept": _("This week is not kept on this device. It opens with a network."),
        "of_capacity": _("{entered} of {capacity}"),
        "locked": _("This week is locked. Ask an approver to unlock it if something is missing."),
        "week": _("Week {n}"),
        "needs_time": _("Enter the time, such as 7:30, 7.5 or 90m."),
        "too_much": _("That is more than the 24 hours a day has. Check the entry."),
        "needs_row": _("Choose what you worked on."),
        "needs_amount": _("Enter the amount, as on the receipt."),
        "needs_way": _("Enter from where to where you went, and how far."),
        "needs_place": _("Choose where you were."),
        "needs_client": _("Name the client, who was there, and what the occasion was."),
        "too_long": _("A journey has at most 31 days and ends after it begins. Check the days."),
        "no_place": _("No place of the rate table"),
        "distance_in": _("Distance in {unit}"),
        "mi": _("miles"),
        "km": _("kilometres"),
        "days": _("{n} days"),
        "day": _("1 day"),
        "breakfast": _("Breakfast"),
        "lunch": _("Lunch"),
        "dinner": _("Dinner"),
        "date": _("Date"),
        "first_day": _("First day"),
        "arrival": _("Arrival"),
        "choose": _("Choose a task"),
        "recent": _("Recent"),
        "new_entry": _("New entry"),
        "mine": _("Yours, on this device"),
        "theirs": _("In the system"),
        "was_deleted": _("Deleted"),
        "deleted": _("Deleted on this device"),
        "keep_mine": _("Keep mine"),
        "keep_theirs": _("Keep theirs"),
        "keep_both": _("Add up to {sum}"),
        "timer_runs": _("Since {time}"),
        "photo_kept": _("Photo kept, {kb} KB"),
        "photo_bad": _("This picture could not be read. Try another one."),
        "stored_full": _(
            "This device keeps nothing more. Send what is waiting, or free some space."
        ),
        "listening": _("Listening… Speak now."),
        "speak_denied": _(
            "The browser may not use the microphone here. Allow it in the site’s settings, or type."
        ),
        "speak_deaf": _("There is no microphone that works. Type the comment."),
        "speak_silent": _("Nothing was heard. Press Speak and try again."),
        "speak_offline": _(
            "The browser’s speech input does not answer now. Type the comment, or try again."
        ),
        "drive_on": _("Measuring the way: {km} km"),
        "drive_denied": _("The browser does not tell where you are. Enter the distance by hand."),
        "drive_lost": _("The position is not known here. Measuring goes on when it is."),
        "drive_done": _("{km} km driven"),
    }
