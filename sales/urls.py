"""Addresses of the room."""

from django.urls import path

from .views import (
    accounts,
    amendments,
    contracts,
    funding,
    limit_forecasts,
    opportunities,
    parked,
    quotes,
    sending,
)

app_name = "sales"
urlpatterns = [
    path("customers/", accounts.account_list, name="account_list"),
    path("customers/new/", accounts.account_create, name="account_create"),
    path("customers/take-over/", accounts.accounts_take_over, name="accounts_take_over"),
    path("customers/<int:account_id>/cell/", accounts.account_cell, name="account_cell"),
    path("customers/<int:account_id>/", accounts.account, name="account"),
    path("customers/<int:account_id>/edit/", accounts.account_edit, name="account_edit"),
    path(
        "customers/<int:account_id>/contacts/new/", accounts.contact_create, name="contact_create"
    ),
    path("pipeline/", opportunities.pipeline, name="pipeline"),
    path("opportunities/", opportunities.opportunity_list, name="opportunity_list"),
    path("opportunities/new/", opportunities.opportunity_create, name="opportunity_create"),
    path("opportunities/<int:opportunity_id>/", opportunities.opportunity, name="opportunity"),
    path(
        "opportunities/<int:opportunity_id>/edit/",
        opportunities.opportunity_edit,
        name="opportunity_edit",
    ),
    path(
        "opportunities/<int:opportunity_id>/move/",
        opportunities.opportunity_move,
        name="opportunity_move",
    ),
    path(
        "opportunities/<int:opportunity_id>/notes/new/",
        opportunities.note_create,
        name="note_create",
    ),
    path(
        "opportunities/<int:opportunity_id>/quotes/new/",
        opportunities.quote_create,
        name="quote_create",
    ),
    path("quotes/", quotes.quote_list, name="quote_list"),
    path("quotes/<int:quote_id>/", quotes.quote, name="quote"),
    path("quotes/<int:quote_id>/edit/", quotes.quote_edit, name="quote_edit"),
    path("quotes/<int:quote_id>/send/", sending.quote_send, name="quote_send"),
    path("quotes/mails/<int:mail_id>/retry/", sending.quote_mail_retry, name="quote_mail_retry"),
    path("quotes/<int:quote_id>/revise/", quotes.quote_revise, name="quote_revise"),
    path("quotes/<int:quote_id>/reprice/", quotes.quote_reprice, name="quote_reprice"),
    path(
        "quotes/<int:quote_id>/compare/<int:other_id>/", quotes.quote_compare, name="quote_compare"
    ),
    path("quotes/<int:quote_id>/lines/new/", quotes.line_create, name="line_create"),
    path("quotes/lines/<int:line_id>/edit/", quotes.line_edit, name="line_edit"),
    path("quotes/lines/<int:line_id>/remove/", quotes.line_remove, name="line_remove"),
    path("quotes/lines/<int:line_id>/milestones/", quotes.milestones, name="milestones"),
    path(
        "quotes/lines/<int:line_id>/estimate/<slug:transaction_class>/",
        quotes.detail_create,
        name="detail_create",
    ),
    path("quotes/estimate/<int:detail_id>/edit/", quotes.detail_edit, name="detail_edit"),
    path("quotes/estimate/<int:detail_id>/effort/", quotes.detail_effort, name="detail_effort"),
    path("quotes/estimate/<int:detail_id>/remove/", quotes.detail_remove, name="detail_remove"),
    path("contracts/", contracts.contract_list, name="contract_list"),
    path("contracts/<int:contract_id>/", contracts.contract, name="contract"),
    path("contracts/<int:contract_id>/payers/", funding.funding_set, name="funding_set"),
    path("contracts/<int:contract_id>/parked/", parked.parked, name="parked"),
    path(
        "contracts/<int:contract_id>/limit-forecast/",
        limit_forecasts.limit_forecast,
        name="limit_forecast",
    ),
    path("contracts/<int:contract_id>/edit/", contracts.contract_edit, name="contract_edit"),
    path(
        "contracts/<int:contract_id>/confirm/", contracts.contract_confirm, name="contract_confirm"
    ),
    path("contracts/<int:contract_id>/hold/", contracts.contract_hold, name="contract_hold"),
    path("contracts/<int:contract_id>/resume/", contracts.contract_resume, name="contract_resume"),
    path("contracts/<int:contract_id>/limits/new/", contracts.limit_set, name="limit_set"),
    path(
        "contracts/<int:contract_id>/limits/<int:limit_id>/remove/",
        contracts.limit_remove,
        name="limit_remove",
    ),
    path(
        "contracts/<int:contract_id>/rules/<int:rule_id>/remove/",
        contracts.rule_remove,
        name="rule_remove",
    ),
    path(
        "contracts/<int:contract_id>/rates/<int:override_id>/remove/",
        contracts.rate_remove,
        name="rate_remove",
    ),
    path("contracts/lines/<int:line_id>/limit/", contracts.not_to_exceed, name="not_to_exceed"),
    path("contracts/lines/<int:line_id>/rules/new/", contracts.rule_create, name="rule_create"),
    path("contracts/lines/<int:line_id>/rates/new/", contracts.rate_set, name="rate_set"),
    path(
        "contracts/<int:contract_id>/amendments/new/",
        amendments.amendment_create,
        name="amendment_create",
    ),
    path(
        "contracts/<int:contract_id>/versions/<int:number>/",
        amendments.contract_version,
        name="contract_version",
    ),
    path("contracts/amendments/<int:amendment_id>/", amendments.amendment, name="amendment"),
    path(
        "contracts/amendments/<int:amendment_id>/edit/",
        amendments.amendment_edit,
        name="amendment_edit",
    ),
    path(
        "contracts/amendments/<int:amendment_id>/changes/new/<slug:kind>/",
        amendments.change_add,
        name="change_add",
    ),
    path(
        "contracts/amendments/<int:amendment_id>/changes/new/<slug:kind>/<int:line_id>/",
        amendments.change_add,
        name="change_add_of_line",
    ),
    path(
        "contracts/amendments/<int:amendment_id>/changes/<int:change_id>/remove/",
        amendments.change_remove,
        name="change_remove",
    ),
    path(
        "contracts/amendments/<int:amendment_id>/acceptance/",
        amendments.amendment_accept,
        name="amendment_accept",
    ),
    path(
        "contracts/amendments/<int:amendment_id>/withdraw/",
        amendments.amendment_withdraw,
        name="amendment_withdraw",
    ),
]
