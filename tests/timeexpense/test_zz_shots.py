"""screens of the room"""
import pytest
from datetime import date, timedelta
from tests.factories import PASSWORD
from tests.timeexpense.conftest import NOW, make_scene, MONDAY
def test_shots(live_site, page, settings):
    settings.PSA_NOW = NOW
    s = make_scene()
    with s.firm.scope():
        s.enter(s.draft(minutes=390), s.draft(minutes=240, work_on=MONDAY+timedelta(1)), s.draft(minutes=700, work_on=MONDAY+timedelta(2),description=""),
          s.draft(task_id=s.work.fixed.pk, minutes=90), s.draft(task_id=s.work.support.pk, minutes=120, work_on=MONDAY+timedelta(3)))
        s.submitted(*[s.draft("bea", minutes=480, work_on=MONDAY-timedelta(7-n)) for n in range(4)], s.draft("bea", minutes=660, work_on=MONDAY-timedelta(3), description=""), name="bea")
        s.submitted(*[s.draft("ben", minutes=450, work_on=MONDAY-timedelta(7-n)) for n in range(3)])
    for who, paths in (("ben", {"week":"time/week/2026-07-06/","weeks":"time/weeks/","exp":"time/expenses/new/"}),("priya",{"approvals":"time/approvals/","compliance":"time/compliance/?week=2026-07-01"})):
        page.context.clear_cookies()
        page.set_viewport_size({"width":1440,"height":900})
        page.goto(f"{live_site.url}/accounts/login/?next={s.firm.url(list(paths.values())[0])}")
        page.fill("input[name=login]", f"{who}@acme.example"); page.fill("input[name=password]", PASSWORD); page.press("input[name=password]","Enter")
        page.wait_for_load_state("networkidle")
        for name, path in paths.items():
            for w in (1440, 390):
                page.set_viewport_size({"width":w,"height":900 if w>400 else 844})
                page.goto(live_site.url + s.firm.url(path)); page.wait_for_load_state("networkidle")
                if name=="week" and w>400:
                    page.locator(".psa-week input[data-cell]").nth(2).focus()
                page.screenshot(path=f"/tmp/te_{name}_{w}.png")
        if who=="ben":
            page.set_viewport_size({"width":1440,"height":900})
            page.goto(live_site.url + s.firm.url("time/week/2026-07-06/")); page.evaluate("document.documentElement.dataset.bsTheme='dark'"); page.screenshot(path="/tmp/te_week_dark.png")
