"""The addresses of the pages."""

from django.urls import path

from billing.pages import (
    account,
    account_history,
    ageing,
    audit,
    billing_accounts,
    confirm,
    home,
    invoices,
    keys,
    people,
    session,
    session_status,
    sessions,
    spend,
    sso,
    tokens,
    workspaces,
)

_WORKSPACE = "workspaces/<str:workspace_id>/"
_ACCOUNT = f"{_WORKSPACE}billing-accounts/<str:billing_account_id>/"

urlpatterns = [
    path("", home.show, name="home"),
    path("accounts/sign-in/", session.sign_in, name="sign-in"),
    path("accounts/sign-out/", session.sign_out, name="sign-out"),
    path("accounts/sso/", sso.start, name="sso"),
    path("accounts/sso/callback/", sso.finish, name="sso-callback"),
    path("accounts/sso/back-channel-logout/", sso.back_channel_logout, name="sso-back-channel-logout"),
    path("accounts/session/", session_status.show_or_prolong, name="session-status"),
    path("accounts/session/back/", session_status.back, name="session-back"),
    path("accounts/confirm/<uuid:form_id>/", confirm.show, name="confirm"),
    path("accounts/confirm/<uuid:form_id>/password/", confirm.password, name="confirm-password"),
    path("account/sessions/", sessions.list_all, name="sessions"),
    path("account/sessions/end-others/", sessions.end_others, name="sessions-end-others"),
    path("account/sessions/<int:session_id>/end/", sessions.end, name="session-end"),
    path("tokens/", tokens.list_and_store, name="tokens"),
    path("tokens/<uuid:token_id>/renew/", tokens.renew, name="token-renew"),
    path("tokens/<uuid:token_id>/check/", tokens.check, name="token-check"),
    path("tokens/<uuid:token_id>/default/", tokens.make_default, name="token-make-default"),
    path("tokens/<uuid:token_id>/forget/", tokens.forget, name="token-forget"),
    path("account/", account.show, name="account"),
    path("keys/", keys.list_and_issue, name="keys"),
    path("keys/<int:key_id>/revoke/", keys.revoke, name="key-revoke"),
    path("people/", people.list_all, name="people"),
    path("people/<int:person_id>/", people.retrieve, name="person"),
    path("people/<int:person_id>/deactivate/", people.deactivate, name="person-deactivate"),
    path("people/<int:person_id>/activate/", people.activate, name="person-activate"),
    path("people/<int:person_id>/keys/<int:key_id>/revoke/", people.revoke_key, name="person-key-revoke"),
    path("audit/", audit.list_all, name="audit"),
    path("audit/<int:entry_id>/", audit.retrieve, name="audit-entry"),
    path("workspaces/", workspaces.list_all, name="workspaces"),
    path("workspaces/<str:workspace_id>/", workspaces.retrieve, name="workspace"),
    path(
        "workspaces/<str:workspace_id>/billing-accounts/", billing_accounts.list_all, name="billing-accounts"
    ),
    path(
        "workspaces/<str:workspace_id>/billing-accounts/<str:billing_account_id>/",
        billing_accounts.retrieve,
        name="billing-account",
    ),
    path(f"{_ACCOUNT}invoices/", invoices.list_page, name="invoices"),
    path(f"{_ACCOUNT}invoices/<str:invoice_id>/", invoices.retrieve, name="invoice"),
    path(f"{_ACCOUNT}spend/", spend.show, name="spend"),
    path(f"{_ACCOUNT}ageing/", ageing.show, name="ageing"),
    path(f"{_ACCOUNT}history/", account_history.show, name="account-history"),
]
