"""What the demo firm sells: customers, deals by archetype, the words of the work."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Final


@dataclass(frozen=True, slots=True)
class Customer:
    name: str
    country: str
    currency: str
    industry: str
    address: str
    tax_id: str = ""
    served_from: str = ""

    @property
    def entity_code(self) -> str:
        """The legal entity that invoices it: the one of its country, or another."""
        return self.served_from or ENTITY_OF_COUNTRY[self.country]


# fmt: off
CUSTOMERS: Final = (
    Customer("Kessler Maschinenbau GmbH", "DE", "EUR", "Manufacturing",
             "Werkstraße 14\n80331 München", "DE811234561"),
    Customer("Nordhaven Versicherung AG", "DE", "EUR", "Insurance",
             "Hafenallee 2\n20457 Hamburg", "DE811234562"),
    Customer("Brandt Logistik SE", "DE", "EUR", "Logistics", "Am Speicher 9\n28195 Bremen", "DE811234563"),
    Customer("Ostsee Energie GmbH", "DE", "EUR", "Energy", "Strandweg 31\n18055 Rostock", "DE811234564"),
    Customer("Stadtwerke Elmau", "DE", "EUR", "Utilities", "Rathausplatz 1\n82493 Elmau", "DE811234565"),
    Customer("Castell Mutual", "GB", "GBP", "Insurance",
             "12 Threadgate Street\nLondon EC2R 8AA", "GB 811 2345 66"),
    Customer("Harrow Bank plc", "GB", "GBP", "Banking", "1 Harrow Square\nLondon EC3M 5BR", "GB 811 2345 67"),
    Customer("Penrose Health Trust", "GB", "GBP", "Health", "40 Mill Lane\nLeeds LS1 4DT"),
    Customer("Wexcombe Water", "GB", "GBP", "Utilities", "Reservoir House\nBristol BS1 6QF", "GB 811 2345 68"),
    Customer("Aldwick Retail Group", "GB", "GBP", "Retail",
             "8 Market Row\nManchester M1 2WD", "GB 811 2345 69"),
    Customer("Thornbury Councils Partnership", "GB", "GBP", "Public sector", "Town Hall\nThornbury BS35 2AR"),
    Customer("Vantaa Retail Inc.", "US", "USD", "Retail", "200 Lake Street\nChicago, IL 60601"),
    Customer("Helio Pharma Corp.", "US", "USD", "Life sciences", "77 Harbor Drive\nBoston, MA 02110"),
    Customer("Lindqvist Papier GmbH", "DE", "EUR", "Manufacturing",
             "Mühlenweg 3\n09111 Chemnitz", "DE811234570", "UK"),
    Customer("Sundara Textiles Ltd", "IN", "INR", "Manufacturing",
             "MG Road 120\nBengaluru 560001", "29AABCS1234D1Z1"),
    Customer("Deccan Payments Ltd", "IN", "INR", "Banking",
             "Cyber Towers\nHyderabad 500081", "36AABCD5678E1Z2"),
)  # fmt: skip

ENTITY_OF_COUNTRY: Final = {"GB": "UK", "US": "UK", "DE": "DE", "IN": "IN"}

ARCHETYPES: Final = {
    "erp": (
        "ERP core rollout",
        ("Mobilise and blueprint", "Core finance build", "Data migration", "Integrations",
         "Training and cut-over", "Hypercare"),
    ),
    "crm": (
        "Service cloud deployment",
        ("Discovery", "Configuration", "Case migration", "Agent training", "Go-live support"),
    ),
    "data": (
        "Customer data platform",
        ("Source analysis", "Ingestion pipelines", "Identity resolution", "Dashboards", "Handover"),
    ),
    "infra": (
        "Identity migration",
        ("Inventory", "Landing zone", "Migration waves", "Decommissioning"),
    ),
    "audit": (
        "Audit readiness",
        ("Scoping", "Control walkthroughs", "Evidence collection", "Remediation", "Report"),
    ),
    "web": (
        "Claims portal redesign",
        ("User research", "Design system", "Front-end build", "Back-end services", "Accessibility review"),
    ),
    "plant": (
        "Plant data platform",
        ("Edge gateway pilot", "Historian integration", "Quality analytics", "Roll-out to lines"),
    ),
    "ops": ("Managed service", ("Service desk", "Monthly releases", "Reporting")),
}  # fmt: skip

INTERNAL: Final = (
    "Business development", "Training and certification", "Internal tools", "Recruiting",
)  # fmt: skip

PHRASES: Final = (
    "Workshop with key users", "Prepared test cases", "Reviewed open items with the client",
    "Configured approval flows", "Fixed mapping errors in the load file", "Sprint planning",
    "Documented the interface contract", "Pairing on the integration layer", "Steering committee",
    "Regression test round", "Prepared cut-over checklist", "Analysed performance of nightly jobs",
    "Client call and follow-up", "Built reconciliation report", "Refined backlog", "Code review",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Course:
    """How an engagement goes: work done ÷ work planned by now, and hours sold ÷ hours it takes.

    ``price_factor`` is what its fixed price is worth beside its hours at list.
    """

    name: str
    pace: float
    contingency: float
    price_factor: Decimal = Decimal(1)


WELL = Course("well", 1.06, 1.05)
STEADY = Course("steady", 1.03, 1.06)
SLOW = Course("slow", 0.97, 1.05)
TIGHT = Course("tight", 1.03, 0.91)
LATE = Course("late", 0.86, 1.02)
OVERRUN = Course("overrun", 0.98, 0.84)
LOSING = Course("losing", 0.95, 0.95, Decimal("0.42"))
# Most go well; of twelve, three are at risk and two are off track. One in twelve makes a loss.
COURSES: Final = (
    WELL, STEADY, SLOW, WELL, TIGHT, STEADY, LATE, WELL, LOSING, STEADY, WELL, OVERRUN,
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Deal:
    """A won engagement: what it is, when it runs, and which kinds of lines its contract has."""

    number: int
    customer: Customer
    name: str
    phases: tuple[str, ...]
    starts_on: date
    ends_on: date
    team_size: int
    has_time_line: bool
    has_fixed_line: bool
    has_retainer_line: bool
    has_limit: bool
    course: Course


def deals(count: int, *, first_on: date, today_on: date, rng: Random) -> list[Deal]:
    """``count`` engagements spread over the two years, some running on past today."""
    keys = list(ARCHETYPES)
    span_days = (today_on - first_on).days
    found = []
    for number in range(count):
        key = keys[number % len(keys)]
        title, phases = ARCHETYPES[key]
        customer = CUSTOMERS[(number * 5 + number // len(CUSTOMERS)) % len(CUSTOMERS)]
        offset = int(span_days * 0.95 * number / max(count, 1)) + rng.randrange(0, 25)
        starts_on = _first_of_month(first_on + timedelta(days=offset))
        months = rng.choice((6, 8, 10, 12, 14))
        year = starts_on.year
        name = title if number < len(keys) else f"{title} {year}"
        found.append(
            Deal(
                number=number + 1,
                customer=customer,
                name=name if number < 2 * len(keys) else f"{name}, phase {1 + number // len(keys)}",
                phases=phases,
                starts_on=starts_on,
                ends_on=_end_of_month(starts_on, months),
                team_size=rng.choice((3, 4, 5, 6)),
                has_time_line=key != "audit",
                has_fixed_line=key in ("erp", "web", "audit", "infra"),
                has_retainer_line=key in ("ops", "crm"),
                has_limit=number % 3 == 0,
                course=COURSES[number % len(COURSES)],
            )
        )
    return found


def _first_of_month(on: date) -> date:
    return on.replace(day=1)


def _end_of_month(starts_on: date, months: int) -> date:
    """The last day of the ``months``-th month from the one that starts on ``starts_on``."""
    index = starts_on.year * 12 + starts_on.month - 1 + months
    return date(index // 12, index % 12 + 1, 1) - timedelta(days=1)
