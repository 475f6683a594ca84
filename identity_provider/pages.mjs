// The pages of the demo company: choose a person, sign out. No scripts, and nothing from other hosts.
import { createHash } from 'node:crypto';

const STYLE = `
:root { color-scheme: light dark; --ink: #182433; --soft: #5b6675; --line: #d5dae1; --card: #fff; --page: #f3f5f8; --accent: #0b5f4c; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e6ebf2; --soft: #a3afbf; --line: #37445a; --card: #1b2634; --page: #121a26; --accent: #6fd3b5; }
}
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem 1rem;
  background: var(--page); color: var(--ink); font: 1rem/1.5 system-ui, sans-serif; }
main { width: 100%; max-width: 27rem; background: var(--card); border: 1px solid var(--line); border-radius: 12px;
  padding: 1.75rem 1.5rem; }
.company { margin: 0; color: var(--accent); font-weight: 600; font-size: .9375rem; }
h1 { margin: .25rem 0 .5rem; font-size: 1.5rem; line-height: 1.25; }
p { margin: 0 0 1.25rem; color: var(--soft); }
ul { list-style: none; margin: 0; padding: 0; display: grid; gap: .5rem; }
button { font: inherit; color: inherit; cursor: pointer; min-height: 44px; border-radius: 8px; border: 1px solid var(--line);
  background: transparent; padding: .5rem 1rem; }
button:hover { border-color: var(--accent); }
button:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.person { width: 100%; display: grid; grid-template-columns: 2.5rem 1fr; gap: 0 .875rem; align-items: center; text-align: start; }
.initials { grid-row: span 2; width: 2.5rem; height: 2.5rem; border-radius: 50%; display: grid; place-items: center;
  border: 1px solid var(--line); color: var(--accent); font-size: .875rem; font-weight: 600; }
.name { font-weight: 600; }
.about { color: var(--soft); font-size: .875rem; }
.group { white-space: nowrap; }
.row { display: flex; flex-wrap: wrap; gap: .5rem; }
.main { background: var(--accent); border-color: var(--accent); color: var(--card); font-weight: 600; }
.foot { margin: 1.25rem 0 0; padding-top: 1rem; border-top: 1px solid var(--line); font-size: .875rem; }
form + form { margin-top: .75rem; }
`;

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');

export function choosePerson({ uid, people, again }) {
  const title = again ? "Confirm it's you" : 'Choose a person';
  const text = again
    ? 'The billing portal requires you to sign in again.'
    : 'Use the billing portal as one of five made-up colleagues. No password.';
  return page(title, `
<p>${text}</p>
<form method="post" action="/sign-in/${html(uid)}"><ul>${[...people.values()].map(button).join('')}</ul></form>
<form method="post" action="/sign-in/${html(uid)}"><button name="cancel" value="yes">Cancel</button></form>`);
}

export function confirmSignOut(form) {
  // The library creates the form with its hidden field; the buttons refer to it by name.
  return page('Sign out of your company account?', `
<p>You are signed out of the billing portal. Sign out here too to end your sessions in all applications of this company.</p>
${form}
<div class="row"><button class="main" form="op.logoutForm" name="logout" value="yes">Sign out</button>
<button form="op.logoutForm">Stay signed in</button></div>`);
}

export function signedOut() {
  return page('You are signed out', '<p>You can close this window.</p>');
}

export function failure(code) {
  const known = /^[a-z_]{1,60}$/.test(code) ? code : 'server_error';
  return page('Something went wrong', `<p>Go back to the billing portal and sign in again. (${known})</p>`);
}

// Send a page with Koa. Forms may redirect to the portal.
export function send(ctx, body, options) {
  ctx.type = 'html';
  for (const [name, value] of Object.entries(headers(options))) ctx.set(name, value);
  ctx.body = body;
}

export function headers({ redirectUris, postLogoutRedirectUris }) {
  const portal = new Set([...redirectUris, ...postLogoutRedirectUris].map((address) => new URL(address).origin));
  return {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy':
      `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; img-src data:; base-uri 'none'; frame-ancestors 'none'; `
      + `form-action 'self' ${[...portal].join(' ')}`,
    'Cache-Control': 'no-store',
    'Referrer-Policy': 'no-referrer',
    'X-Content-Type-Options': 'nosniff',
  };
}

function button({ sub, name, about, groups }) {
  const initials = name.split(' ').map((word) => word[0]).join('');
  return `<li><button class="person" name="person" value="${html(sub)}">`
    + `<span class="initials" aria-hidden="true">${html(initials)}</span><span class="name">${html(name)}</span>`
    + `<span class="about">${html(about)} · <span class="group">`
    + `${html(groups.join(', ') || 'no group')}</span></span></button></li>`;
}

function page(title, body) {
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title} · Larkfield demo company</title><link rel="icon" href="data:,"><style>${STYLE}</style></head>
<body><main><p class="company">Larkfield, a demo company</p><h1>${title}</h1>${body}
<p class="foot">This sign-in service is part of the demo. It runs on this machine only and protects nothing.</p></main></body>
</html>`;
}

function html(text) {
  return String(text).replace(/[&<>"']/g, (sign) => `&#${sign.codePointAt(0)};`);
}
