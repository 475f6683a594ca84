"""The addresses of the pages."""

from django.urls import path

from billing.pages import billing_accounts, home, session, sso, tokens, workspaces

urlpatterns = [
    path("", home.show, name="home"),
    path("accounts/sign-in/", session.sign_in, name="sign-in"),
    path("accounts/sign-out/", session.sign_out, name="sign-out"),
    path("accounts/sso/", sso.start, name="sso"),
    path("accounts/sso/callback/", sso.finish, name="sso-callback"),
    path("accounts/sso/back-channel-logout/", sso.back_channel_logout, name="sso-back-channel-logout"),
    path("tokens/", tokens.list_and_store, name="tokens"),
    path("tokens/<uuid:token_id>/renew/", tokens.renew, name="token-renew"),
    path("tokens/<uuid:token_id>/check/", tokens.check, name="token-check"),
    path("tokens/<uuid:token_id>/default/", tokens.make_default, name="token-make-default"),
    path("tokens/<uuid:token_id>/forget/", tokens.forget, name="token-forget"),
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
]
