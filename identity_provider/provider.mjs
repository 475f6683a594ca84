// The OpenID Provider: the certified npm package oidc-provider, configured like the provider of a company.
// https://github.com/panva/node-oidc-provider/blob/main/docs/README.md
import { generateKeyPairSync, randomBytes } from 'node:crypto';

import { Provider } from 'oidc-provider';

import { confirmSignOut, failure, send, signedOut } from './pages.mjs';

const HOUR = 60 * 60;

export function newKey() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return { ...privateKey.export({ format: 'jwk' }), kid: randomBytes(6).toString('hex'), alg: 'RS256', use: 'sig' };
}

export function build({ options, store, key, cookieKeys }) {
  const provider = new Provider(options.issuer, {
    adapter: store.adapter,
    jwks: { keys: [key] },
    cookies: { keys: cookieKeys },
    clients: [client(options)],
    // The id_token contains the groups whatever the scopes, as is usual for company providers.
    claims: {
      openid: ['sub', 'groups'],
      profile: ['name', 'preferred_username'],
      email: ['email', 'email_verified'],
    },
    conformIdTokenClaims: false,
    scopes: ['openid', 'profile', 'email'],
    responseTypes: ['code'],
    pkce: { required: () => true },
    findAccount: (ctx, sub) => account(options.people, sub),
    loadExistingGrant,
    interactions: { url: (ctx, interaction) => `/sign-in/${interaction.uid}` },
    ttl: { Session: 12 * HOUR, Interaction: HOUR, Grant: 12 * HOUR, IdToken: HOUR, AccessToken: HOUR },
    clientBasedCORS: () => false,
    fetch: portalOnly(options.backchannelLogoutUri),
    features: {
      devInteractions: { enabled: false },
      backchannelLogout: { enabled: true },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (ctx, form) => send(ctx, confirmSignOut(form), options),
        postLogoutSuccessSource: (ctx) => send(ctx, signedOut(), options),
      },
    },
    renderError: (ctx, out) => send(ctx, failure(out.error), options),
  });
  provider.on('server_error', (ctx, error) => console.error(`${ctx.method} ${ctx.path}: ${error.name}`));
  provider.on('backchannel.error', (ctx, error) => console.error(`The portal did not accept a logout token: ${error.message}`));
  return provider;
}

function client(options) {
  return {
    client_id: options.clientId,
    client_secret: options.clientSecret,
    client_name: 'Billing portal',
    redirect_uris: options.redirectUris,
    post_logout_redirect_uris: options.postLogoutRedirectUris,
    backchannel_logout_uri: options.backchannelLogoutUri,
    backchannel_logout_session_required: true,
    require_auth_time: true,
    grant_types: ['authorization_code'],
    response_types: ['code'],
    token_endpoint_auth_method: 'client_secret_basic',
  };
}

function account(people, sub) {
  const person = people.get(sub);
  if (!person) return undefined;
  const { about, ...claims } = person;
  return { accountId: sub, claims: async () => ({ ...claims, email_verified: true }) };
}

// No consent screen: the portal belongs to the company.
async function loadExistingGrant(ctx) {
  const { client: { clientId }, provider, session } = ctx.oidc;
  const known = session.grantIdFor(clientId);
  const found = known && (await provider.Grant.find(known));
  if (found) return found;
  const grant = new provider.Grant({ clientId, accountId: session.accountId });
  grant.addOIDCScope('openid profile email');
  await grant.save();
  return grant;
}

// The library refuses to call loopback addresses, but the portal of the demo has no other. Only its URL is allowed.
function portalOnly(allowed) {
  return (url, { dispatcher, ...rest }) => {
    if (String(url) !== allowed) throw new Error('Only the portal may be called.');
    return fetch(url, rest);
  };
}
