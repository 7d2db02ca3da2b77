"""Where home stands: first of all."""

from psa.core.web.navigation import NavItem, Stage, register

register(NavItem("Home", "home:home", Stage.OWN, icon="home", order=0, phone=True))
