// A company's OpenID Provider for the demo and the tests, where people are chosen from a list. See README.md.
//
//     IDP_PORT=… IDP_CLIENT_ID=… IDP_CLIENT_SECRET=… … node identity_provider/server.mjs [--control]
//
// It prints one line when it is ready. Its log contains no parameters, tokens or names.
import { randomBytes } from 'node:crypto';
import { createServer } from 'node:http';

import { Control } from './control.mjs';
import { read, WrongOption } from './options.mjs';
import { choosePerson, failure, headers } from './pages.mjs';
import { build, newKey } from './provider.mjs';
import { Store } from './store.mjs';

const MAX_BODY_LENGTH = 10_000;

class Server {
  constructor(options) {
    this.options = options;
    this.store = new Store();
    this.cookieKeys = [randomBytes(32).toString('base64url')];
    this.control = options.control ? new Control(this) : null;
    this.rotateKeys();
  }

  // Replace the key. Sessions continue, because they are in the store.
  rotateKeys() {
    const key = newKey();
    this.provider = build({ ...this, key });
    this.protocol = this.provider.callback();
    return key.kid;
  }

  async handle(request, response) {
    const path = new URL(request.url, this.options.issuer).pathname;
    // Reject other host names (DNS rebinding).
    if (request.headers.host !== new URL(this.options.issuer).host) return end(response, 421);
    if (path.startsWith('/_control/')) return this.handleControl(request, response, path);
    this.control?.note(request);
    if (path.startsWith('/sign-in/')) return this.signIn(request, response, path);
    return this.protocol(request, response);
  }

  // The library has stored the request; the form responds with a person or cancels.
  async signIn(request, response, path) {
    const { uid, prompt } = await this.provider.interactionDetails(request, response);
    if (path !== `/sign-in/${uid}`) return this.showFailure(response, 400);
    if (request.method !== 'POST') {
      const again = !prompt.reasons.includes('no_session');
      return end(response, 200, headers(this.options), choosePerson({ uid, people: this.options.people, again }));
    }
    const form = new URLSearchParams(await bodyOf(request));
    const sub = form.get('person');
    if (form.has('cancel')) {
      return this.provider.interactionFinished(request, response, { error: 'access_denied' });
    }
    if (!this.options.people.has(sub)) return this.showFailure(response, 400);
    return this.provider.interactionFinished(request, response, { login: { accountId: sub } });
  }

  async handleControl(request, response, path) {
    // Accept JSON only, because a form on another site cannot send it.
    const isJson = request.headers['content-type'] === 'application/json';
    if (!this.control || (request.method !== 'GET' && !isJson)) return end(response, 404);
    const body = await bodyOf(request);
    const answer = await this.control.answer(request.method, path, body ? JSON.parse(body) : {});
    if (answer === undefined) return end(response, 404);
    return end(response, 200, { 'Content-Type': 'application/json' }, JSON.stringify(answer));
  }

  showFailure(response, status) {
    end(response, status, headers(this.options), failure('invalid_request'));
  }

  listen() {
    const server = createServer((request, response) => {
      this.handle(request, response).catch((error) => {
        console.error(`${request.method}: ${error.name}`);
        if (!response.headersSent) this.showFailure(response, 400);
      });
    });
    server.on('error', (error) => {
      console.error(`The identity provider could not listen: ${error.code}`);
      process.exit(1);
    });
    for (const signal of ['SIGTERM', 'SIGINT']) process.on(signal, () => process.exit(0));
    server.listen(this.options.port, '127.0.0.1', () => console.log(`Identity provider on ${this.options.issuer}`));
  }
}

function end(response, status, head = {}, body = '') {
  response.writeHead(status, head);
  response.end(body);
}

async function bodyOf(request) {
  let text = '';
  for await (const piece of request) {
    text += piece;
    if (text.length > MAX_BODY_LENGTH) throw new RangeError('body');
  }
  return text;
}

try {
  new Server(read(process.env, process.argv.slice(2))).listen();
} catch (error) {
  if (!(error instanceof WrongOption)) throw error;
  console.error(error.message);
  process.exit(2);
}
