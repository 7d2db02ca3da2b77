"""The people of the demo firm: a cast with fixed names, the rest drawn from the seed."""

from dataclasses import dataclass
from random import Random
from typing import Final


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody at the demo firm. ``access`` are role codes; nobody but the cast signs in."""

    code: str
    name: str
    entity: str
    job_role: str
    email: str
    access: tuple[str, ...] = ()
    persona: str = ""


# One per persona: who prints as a login, and who stands behind what the demo shows.
CAST: Final = (
    ("Amara Nwosu", "UK", "principal", ("account_manager",), "Account manager"),
    ("Priya Raman", "UK", "pm", ("project_manager",), "Project manager"),
    ("Rae Lindholm", "UK", "office", ("resource_manager",), "Resource manager"),
    ("Ben Osei", "UK", "senior", ("team_member",), "Consultant"),
    ("Mei Tanaka", "DE", "architect", ("project_approver",), "Approver"),
    ("Bill Mercer", "UK", "office", ("billing_manager",), "Billing manager"),
    ("Fay Ashworth", "UK", "office", ("finance_manager",), "Finance manager"),
    ("Paul Adeyemi", "UK", "partner", ("practice_leader",), "Practice leader"),
    ("Ada Kowalski", "UK", "office", ("administrator",), "Administrator"),
    ("Sam Okoro", "UK", "developer", ("subcontractor",), "Subcontractor"),
    ("Jonas Weber", "DE", "pm", ("project_manager",), ""),
    ("Lakshmi Iyer", "IN", "pm", ("project_manager",), ""),
    ("Nadia Farouk", "UK", "pm", ("project_manager",), ""),
    ("Tomas Keller", "DE", "pm", ("project_manager",), ""),
)

_FIRST: Final = {
    "UK": "Alice Oliver Grace Harry Isla Jack Freya George Poppy Noah Ella Arthur Ivy Leo Ruby "
    "Oscar Maya Theo Zara Hugo Leila Callum Nina Rory Esme Declan Tara Ewan Bryony Kwame",
    "DE": "Lukas Hanna Felix Clara Jonas Mia Moritz Lena Paul Sophie Viktor Greta Emil Johanna "
    "Anton Marlene Oskar Frieda Karl Leonie Matteo Elif Jakob Paula Simon Helene",
    "IN": "Aarav Ananya Vivaan Diya Arjun Isha Rohan Kavya Kiran Meera Nikhil Pooja Rahul Sneha "
    "Siddharth Tanvi Varun Aditi Manish Nisha Prakash Radhika Suresh Usha Vikram Deepa",
}
_LAST: Final = {
    "UK": "Hughes Patel Thompson Evans Bennett Walsh Carter Ahmed Fraser Clarke Morgan Singh "
    "Murphy Stewart Lloyd Begum Doyle Hart Lowe Quinn Sutton Vaughan Yates Barker",
    "DE": "Schneider Fischer Wagner Becker Hoffmann Schulz Koch Richter Klein Wolf Neumann Braun "
    "Zimmermann Hartmann Krüger Lange Yilmaz Vogel Brandt Seidel Kuhn Arnold",
    "IN": "Sharma Rao Menon Gupta Nair Kulkarni Reddy Bose Iyengar Desai Joshi Kapoor Mehta Pillai "
    "Chopra Banerjee Shetty Verma Bhat Chandran Das Ghosh Hegde Mishra",
}
_MIX: Final = (
    *("consultant",) * 5, *("senior",) * 5, *("developer",) * 5, *("analyst",) * 2,
    *("architect",) * 2, *("tester",) * 2, "designer", "principal",
)  # fmt: skip
_SHARE: Final = (*("UK",) * 5, *("DE",) * 3, *("IN",) * 4)


def people(count: int, rng: Random) -> list[Person]:
    """``count`` people, the cast first; names are unique, entities and roles in a fixed mix."""
    found = [
        Person(_code(i), name, entity, role, _email(name), access, persona)
        for i, (name, entity, role, access, persona) in enumerate(CAST, start=1)
    ]
    taken = {person.name for person in found}
    while len(found) < count:
        number = len(found)
        entity = _SHARE[number % len(_SHARE)]
        name = f"{rng.choice(_FIRST[entity].split())} {rng.choice(_LAST[entity].split())}"
        if name in taken:
            continue
        taken.add(name)
        found.append(
            Person(_code(number + 1), name, entity, _MIX[number % len(_MIX)], _email(name))
        )
    return found[:count]


def _code(number: int) -> str:
    return f"E{number:04d}"


def _email(name: str) -> str:
    plain = name.lower()
    for letter, spelled in (("ü", "ue"), ("ö", "oe"), ("ä", "ae"), ("ß", "ss")):
        plain = plain.replace(letter, spelled)
    return plain.replace(" ", ".") + "@alderfinch.example"
