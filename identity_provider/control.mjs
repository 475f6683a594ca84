// What tests do in the place of a company's administrator. It is there only when the server was started with --control.

const JOURNAL_LENGTH = 500;

export class Control {
  #journal = [];

  #server;

  constructor(server) {
    this.#server = server;
  }

  // Queries are kept, bodies never: a code is worth nothing without the secret that comes in the body.
  note(request) {
    const { pathname, searchParams } = new URL(request.url, this.#server.options.issuer);
    this.#journal.push({ method: request.method, path: pathname, query: Object.fromEntries(searchParams) });
    this.#journal.splice(0, this.#journal.length - JOURNAL_LENGTH);
  }

  // The JSON to answer with, or undefined for an unknown address.
  async answer(method, path, body) {
    switch (`${method} ${path}`) {
      case 'GET /_control/requests':
        return this.#journal;
      case 'DELETE /_control/requests':
        this.#journal = [];
        return {};
      case 'DELETE /_control/sessions':
        this.#server.store.forgetSessions();
        return {};
      case 'POST /_control/groups':
        this.#server.options.people.get(body.sub).groups = body.groups;
        return {};
      case 'POST /_control/rotate-keys':
        return { kid: this.#server.rotateKeys() };
      case 'POST /_control/logout':
        return { told: await this.#logOut(body.sub) };
      default:
        return undefined;
    }
  }

  // Ends every session of that person here, and gives how many logout tokens went to the portal and were taken.
  async #logOut(sub) {
    const { provider, store } = this.#server;
    let told = 0;
    for (const { jti, authorizations = {} } of store.sessionsOf(sub)) {
      for (const [clientId, { sid }] of Object.entries(authorizations)) {
        const client = await provider.Client.find(clientId);
        await client.backchannelLogout(sub, sid);
        told += 1;
      }
      await (await provider.Session.find(jti)).destroy();
    }
    return told;
  }
}
