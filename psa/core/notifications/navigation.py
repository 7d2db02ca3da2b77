"""Where notifications stand in the palette; the bell in the shell leads to the list."""

from psa.core.web.navigation import Command, register_commands

register_commands(
    Command("Notifications", "notifications:notification_list", icon="bell", words="bell unread"),
    Command("What you are told of", "notifications:preferences", icon="settings", words="e-mail"),
)
