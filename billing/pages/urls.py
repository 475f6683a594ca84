"""The URLs of the pages."""

from django.urls import path

from billing.pages import home, keyboard
from billing.pages.audit import views as audit
from billing.pages.billing_accounts import detail as account_page
from billing.pages.billing_accounts import edit as account_changes
from billing.pages.billing_accounts import history
from billing.pages.billing_accounts import notes as account_notes
from billing.pages.billing_accounts import views as billing_accounts
from billing.pages.changes import views as changes
from billing.pages.costs import views as costs
from billing.pages.favorites import views as favorites
from billing.pages.follow_ups import views as follow_ups
from billing.pages.invoices import aging, comparison, spend
from billing.pages.invoices import preview as invoice_previews
from billing.pages.invoices import views as invoices
from billing.pages.payment_methods import edit as payment_method_changes
from billing.pages.payment_methods import setup_intents
from billing.pages.payment_methods import views as payment_methods
from billing.pages.people import actions as people_actions
from billing.pages.people import digest, keys, lockouts, tokens
from billing.pages.people import edit as people_edit
from billing.pages.people import profile as account
from billing.pages.people import views as people
from billing.pages.personal_data import reveal
from billing.pages.reminders import templates as reminder_templates
from billing.pages.reminders import views as reminders
from billing.pages.reports import aging as aging_report
from billing.pages.reports import expected_bills
from billing.pages.reports import index as reports
from billing.pages.reports import invoices as invoice_report
from billing.pages.reports import revenue as revenue_report
from billing.pages.saved_views import views as saved_views
from billing.pages.savings import views as savings
from billing.pages.scans import invoice_export, neighbors, queues, search
from billing.pages.scans import progress as scans
from billing.pages.sign_in import confirm, own_password, sessions, sso
from billing.pages.sign_in import password as session
from billing.pages.sign_in import status as session_status
from billing.pages.subscriptions import create as subscription_new
from billing.pages.subscriptions import edit as subscription_changes
from billing.pages.subscriptions import views as subscriptions
from billing.pages.workspaces import edit as workspace_changes
from billing.pages.workspaces import member_edit as member_changes
from billing.pages.workspaces import members, organizations
from billing.pages.workspaces import organization_edit as organization_changes
from billing.pages.workspaces import views as workspaces

_WORKSPACE = "workspaces/<str:workspace_id>/"
_ACCOUNT = f"{_WORKSPACE}billing-accounts/<str:billing_account_id>/"
_SUBSCRIPTION = f"{_ACCOUNT}subscriptions/<str:subscription_id>/"
_PAYMENT_METHOD = f"{_ACCOUNT}payment-methods/<str:payment_method_id>/"
_ORGANIZATION = f"{_WORKSPACE}organizations/<str:organization_id>/"

urlpatterns = [
    path("", home.index, name="home"),
    path("accounts/sign-in/", session.sign_in, name="sign-in"),
    path("accounts/sign-out/", session.sign_out, name="sign-out"),
    path("accounts/sso/", sso.start, name="sso"),
    path("accounts/sso/callback/", sso.finish, name="sso-callback"),
    path("accounts/sso/back-channel-logout/", sso.back_channel_logout, name="sso-back-channel-logout"),
    path("accounts/session/", session_status.status, name="session-status"),
    path("accounts/session/back/", session_status.signed_in_again, name="session-back"),
    path("accounts/confirm/<uuid:form_id>/", confirm.confirm, name="confirm"),
    path("accounts/confirm/<uuid:form_id>/password/", confirm.password, name="confirm-password"),
    path("account/digest/", digest.choose, name="digest"),
    path("account/password/", own_password.change, name="own-password"),
    path("account/sessions/", sessions.index, name="sessions"),
    path("account/sessions/end-others/", sessions.end_others, name="sessions-end-others"),
    path("account/sessions/<int:session_id>/end/", sessions.end, name="session-end"),
    path("tokens/", tokens.index, name="tokens"),
    path("tokens/<uuid:token_id>/renew/", tokens.renew, name="token-renew"),
    path("tokens/<uuid:token_id>/check/", tokens.check, name="token-check"),
    path("tokens/<uuid:token_id>/default/", tokens.make_default, name="token-make-default"),
    path("tokens/<uuid:token_id>/delete/", tokens.delete, name="token-delete"),
    path("keyboard/", keyboard.detail, name="keyboard"),
    path("account/", account.detail, name="account"),
    path("keys/", keys.index, name="keys"),
    path("keys/<int:key_id>/edit/", keys.edit, name="key-edit"),
    path("keys/<int:key_id>/revoke/", keys.revoke, name="key-revoke"),
    path("people/", people.index, name="people"),
    path("people/<int:person_id>/", people.detail, name="person"),
    path("people/lockouts/", lockouts.index, name="lockouts"),
    path("people/lockouts/<int:lockout_id>/lift/", lockouts.lift, name="lockout-lift"),
    path("people/new/", people_edit.create, name="person-new"),
    path("people/<int:person_id>/edit/", people_edit.edit, name="person-edit"),
    path("people/<int:person_id>/password/", people_edit.set_password, name="person-password"),
    path("people/<int:person_id>/keys/<int:key_id>/edit/", keys.edit_of_person, name="person-key-edit"),
    path("people/actions/<str:action>/", people_actions.run, name="people-action"),
    path(
        "people/<int:person_id>/keys/<int:key_id>/revoke/",
        people_actions.revoke_key,
        name="person-key-revoke",
    ),
    path("audit/", audit.index, name="audit"),
    path("audit/<int:entry_id>/", audit.detail, name="audit-entry"),
    path("changes/", changes.index, name="changes"),
    path("changes/<uuid:change_id>/", changes.detail, name="change"),
    path("changes/<uuid:change_id>/send/", changes.send, name="change-send"),
    path("changes/<uuid:change_id>/check-status/", changes.check_status, name="change-check-status"),
    path("changes/<uuid:change_id>/resolve/", changes.resolve, name="change-resolve"),
    path("changes/<uuid:change_id>/undo/", changes.undo, name="change-undo"),
    path("changes/<uuid:change_id>/repeat/", changes.repeat, name="change-repeat"),
    path("changes/<uuid:change_id>/abandon/", changes.abandon, name="change-abandon"),
    path("queues/", queues.detail, {"key": "all"}, name="queues"),
    path("queues/counts/", queues.counts, name="queue-counts"),
    path("exports/latest/", invoice_export.latest, name="latest-export"),
    path("queues/<str:key>/invoices/", invoice_export.detail, name="queue-invoices"),
    path("queues/<str:key>/", queues.detail, name="queue"),
    path("reports/", reports.index, name="reports"),
    path("reports/ageing/", aging_report.detail, name="report-aging"),
    path("reports/invoices/", invoice_report.detail, name="report-invoices"),
    path("reports/revenue/", revenue_report.detail, name="report-revenue"),
    path("reports/expected-bills/", expected_bills.detail, name="report-expected-bills"),
    path("views/", saved_views.index, name="saved-views"),
    path("views/<uuid:view_id>/edit/", saved_views.edit, name="saved-view-edit"),
    path("views/<uuid:view_id>/delete/", saved_views.delete, name="saved-view-delete"),
    path("favorites/", favorites.index, name="favorites"),
    path("search/", search.index, name="search"),
    path("search/suggestions/", search.suggestions, name="search-suggestions"),
    path("scans/<str:kind>/", scans.step, name="scan"),
    path("scans/<str:kind>/stop/", scans.stop, name="scan-stop"),
    path("scans/<str:kind>/resume/", scans.resume, name="scan-resume"),
    path("scans/<str:kind>/restart/", scans.restart, name="scan-restart"),
    path("workspaces/", workspaces.index, name="workspaces"),
    path("workspaces/new/", workspace_changes.create, name="workspace-new"),
    path(_WORKSPACE, workspaces.detail, name="workspace"),
    path(f"{_WORKSPACE}edit/", workspace_changes.edit, name="workspace-edit"),
    path(f"{_WORKSPACE}archive/", workspace_changes.archive, name="workspace-archive"),
    path(f"{_WORKSPACE}billing-accounts/", billing_accounts.index, name="billing-accounts"),
    path(f"{_WORKSPACE}billing-accounts/new/", account_changes.create, name="billing-account-new"),
    path(f"{_ACCOUNT}edit/", account_changes.edit, name="billing-account-edit"),
    path(f"{_ACCOUNT}delete/", account_changes.delete, name="billing-account-delete"),
    path(_ACCOUNT, account_page.detail, name="billing-account"),
    path(f"{_ACCOUNT}neighbors/", neighbors.detail, name="account-neighbors"),
    path(f"{_ACCOUNT}favorite/", favorites.choose, name="favorite"),
    path(f"{_ACCOUNT}reveal/<str:field>/", reveal.detail, name="billing-account-reveal"),
    path(f"{_ACCOUNT}invoices/", invoices.index, name="invoices"),
    # Before the invoices: this is not an id.
    path(f"{_ACCOUNT}invoices/compare/", comparison.detail, name="invoice-comparison"),
    path(f"{_ACCOUNT}invoices/<str:invoice_id>/", invoices.detail, name="invoice"),
    path(f"{_ACCOUNT}invoices/<str:invoice_id>/contents/", invoices.contents, name="invoice-contents"),
    path(f"{_ACCOUNT}spend/", spend.detail, name="spend"),
    path(f"{_ACCOUNT}aging/", aging.detail, name="aging"),
    path(f"{_ACCOUNT}costs/", costs.detail, name="costs"),
    path(f"{_ACCOUNT}savings/", savings.detail, name="savings"),
    path(f"{_ACCOUNT}reminder/", reminders.detail, name="reminder"),
    path(f"{_ACCOUNT}reminder/send/", reminders.send, name="reminder-send"),
    path("reminder-texts/<str:language>/", reminder_templates.edit, name="reminder-template"),
    path(f"{_ACCOUNT}history/", history.index, name="account-history"),
    path(f"{_ACCOUNT}subscriptions/", subscriptions.index, name="subscriptions"),
    path(f"{_ACCOUNT}subscriptions/new/", subscription_new.create, name="subscription-new"),
    path(_SUBSCRIPTION, subscriptions.detail, name="subscription"),
    path(f"{_SUBSCRIPTION}change/", subscription_changes.choose, name="subscription-change"),
    path(f"{_SUBSCRIPTION}change/<slug:slug>/", subscription_changes.change, name="subscription-change-form"),
    path(f"{_SUBSCRIPTION}cancel/", subscription_changes.cancel, name="subscription-cancel"),
    path(f"{_ACCOUNT}preview/", invoice_previews.detail, name="invoice-preview"),
    path(f"{_ACCOUNT}payment-methods/", payment_methods.index, name="payment-methods"),
    path(f"{_ACCOUNT}payment-methods/new/", setup_intents.create, name="payment-method-new"),
    path(
        f"{_ACCOUNT}payment-methods/new/<uuid:change_id>/back/",
        setup_intents.back,
        name="payment-method-back",
    ),
    path(f"{_PAYMENT_METHOD}default/", payment_method_changes.make_default, name="payment-method-default"),
    path(f"{_PAYMENT_METHOD}detach/", payment_method_changes.detach, name="payment-method-detach"),
    path(f"{_WORKSPACE}members/", members.index, name="members"),
    path(f"{_WORKSPACE}members/new/", member_changes.add, name="member-add"),
    path(f"{_WORKSPACE}members/<str:member_id>/role/", member_changes.change_role, name="member-role"),
    path(f"{_WORKSPACE}members/<str:member_id>/remove/", member_changes.remove, name="member-remove"),
    path(f"{_WORKSPACE}organizations/", organizations.index, name="organizations"),
    # Before the organizations: these are files, not ids.
    path(
        f"{_WORKSPACE}organizations/usage.csv", organizations.usage_file, {"ending": "csv"}, name="usage-csv"
    ),
    path(
        f"{_WORKSPACE}organizations/usage.pdf", organizations.usage_file, {"ending": "pdf"}, name="usage-pdf"
    ),
    path(f"{_WORKSPACE}organizations/new/", organization_changes.create, name="organization-new"),
    path(f"{_ORGANIZATION}children/new/", organization_changes.create_child, name="organization-child-new"),
    path(f"{_ORGANIZATION}delete/", organization_changes.delete, name="organization-delete"),
    path(_ORGANIZATION, organizations.detail, name="organization"),
    path(f"{_ACCOUNT}panels/<slug:panel>/", account_page.panel, name="billing-account-panel"),
    path(f"{_ACCOUNT}follow-up/", follow_ups.detail, name="follow-up"),
    path(f"{_ACCOUNT}notes/", account_notes.create, name="account-notes"),
    path(f"{_ACCOUNT}notes/search/", account_notes.search, name="account-notes-search"),
    path(f"{_ACCOUNT}notes/<uuid:note_id>/edit/", account_notes.edit, name="account-note-edit"),
    path(f"{_ACCOUNT}notes/<uuid:note_id>/delete/", account_notes.delete, name="account-note-delete"),
]
