// The options of the server, read once from the environment. A wrong value prevents the start and names its variable.
import { readFileSync } from 'node:fs';

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

export class WrongOption extends Error {}

export function read(environment, options) {
  if (environment.NODE_ENV === 'production') {
    throw new WrongOption('NODE_ENV is production: this provider requires no password and must not serve real people.');
  }
  const port = wholeNumber(environment, 'IDP_PORT');
  return {
    port,
    issuer: loopback('IDP_ISSUER', environment.IDP_ISSUER || `http://127.0.0.1:${port}`).origin,
    clientId: required(environment, 'IDP_CLIENT_ID'),
    clientSecret: required(environment, 'IDP_CLIENT_SECRET'),
    redirectUris: addresses(environment, 'IDP_REDIRECT_URIS'),
    postLogoutRedirectUris: addresses(environment, 'IDP_POST_LOGOUT_REDIRECT_URIS'),
    backchannelLogoutUri: loopback('IDP_BACKCHANNEL_LOGOUT_URI', required(environment, 'IDP_BACKCHANNEL_LOGOUT_URI')).href,
    people: people(environment.IDP_PEOPLE || new URL('people.json', import.meta.url)),
    control: options.includes('--control'),
  };
}

function required(environment, name) {
  if (!environment[name]) throw new WrongOption(`${name} is missing.`);
  return environment[name];
}

function wholeNumber(environment, name) {
  const number = Number(required(environment, name));
  if (!Number.isInteger(number) || number < 1 || number > 65535) throw new WrongOption(`${name} must be a port number.`);
  return number;
}

// The provider, and the URLs it sends people and logout tokens to, must be on this machine.
function loopback(name, text) {
  const address = URL.canParse(text) ? new URL(text) : null;
  if (!['http:', 'https:'].includes(address?.protocol) || !LOOPBACK.has(address.hostname)) {
    throw new WrongOption(`${name} must be an http or https address on loopback.`);
  }
  return address;
}

function addresses(environment, name) {
  return required(environment, name).split(/\s+/).filter(Boolean).map((text) => loopback(name, text).href);
}

function people(file) {
  const list = JSON.parse(readFileSync(file, 'utf8'));
  return new Map(list.map((person) => [person.sub, person]));
}
