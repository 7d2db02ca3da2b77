"""Addresses of price lists, traces and the queue of work without a price."""

from django.urls import path

from . import views, views_review, views_sheet

app_name = "pricing"
urlpatterns = [
    path("lists/", views.list_list, name="list_list"),
    path("sales-lists/", views.list_list, name="sales_list_list"),
    path("lists/new/", views.list_create, name="list_create"),
    path("lists/import/", views.list_import, name="list_import"),
    path("lists/<int:list_id>/", views.price_list, name="list"),
    path("lists/<int:list_id>/lines/<int:line_id>/cell/", views.line_cell, name="line_cell"),
    path("lists/<int:list_id>/lines/", views.list_lines, name="list_lines"),
    path("lists/<int:list_id>/edit/", views.list_edit, name="list_edit"),
    path("lists/<int:list_id>/save/", views.list_save, name="list_save"),
    path("lists/<int:list_id>/sheet/", views_sheet.list_sheet, name="list_sheet"),
    path("lists/<int:list_id>/sheet/save/", views_sheet.list_sheet_save, name="list_sheet_save"),
    path("lists/<int:list_id>/lines.csv", views_sheet.list_csv, name="list_csv"),
    path("lists/<int:list_id>/lines.xlsx", views_sheet.list_xlsx, name="list_xlsx"),
    path("lists/<int:list_id>/adjust/", views_review.list_adjust, name="list_adjust"),
    path("lists/<int:list_id>/difference/", views_review.list_difference, name="list_difference"),
    path("lists/<int:list_id>/activate/", views.list_activate, name="list_activate"),
    path("lists/<int:list_id>/discard/", views.list_discard, name="list_discard"),
    path("lists/<int:list_id>/end/", views.list_end, name="list_end"),
    path("lists/<int:list_id>/new-version/", views.list_new_version, name="list_new_version"),
    path("coverage/", views_review.coverage, name="coverage"),
    path("break-even/", views_review.break_even, name="break_even"),
    path("traces/<int:trace_id>/", views.trace, name="trace"),
    path("unpriced/", views.unpriced_list, name="unpriced_list"),
    path("unpriced/replay/", views.unpriced_replay, name="unpriced_replay"),
    path("unpriced/replay-all/", views.unpriced_replay_all, name="unpriced_replay_all"),
    path("unpriced/add-price/", views.add_price, name="add_price"),
]
