// The actions of a company's administrator, for tests. Available only if the server was started with --control.

const JOURNAL_LENGTH = 500;

export class Control {
  #journal = [];

  #server;

  constructor(server) {
    this.#server = server;
  }

  // Record queries, never bodies: a code is worthless without the secret in the body.
  note(request) {
    const { pathname, searchParams } = new URL(request.url, this.#server.options.issuer);
    this.#journal.push({ method: request.method, path: pathname, query: Object.fromEntries(searchParams) });
    this.#journal.splice(0, this.#journal.length - JOURNAL_LENGTH);
  }

  // Return the JSON to respond with, or undefined for an unknown URL.
  async answer(method, path, body) {
    switch (`${method} ${path}`) {
      case 'GET /_control/requests':
        return this.#journal;
      case 'DELETE /_control/requests':
        this.#journal = [];
        return {};
      case 'DELETE /_control/sessions':
        this.#server.store.deleteSessions();
        return {};
      case 'POST /_control/groups':
        this.#server.options.people.get(body.sub).groups = body.groups;
        return {};
      case 'POST /_control/rotate-keys':
        return { kid: this.#server.rotateKeys() };
      case 'POST /_control/logout':
        return { accepted: await this.#logOut(body.sub) };
      default:
        return undefined;
    }
  }

  // End all sessions of the person. Return how many logout tokens the portal accepted.
  async #logOut(sub) {
    const { provider, store } = this.#server;
    let accepted = 0;
    for (const { jti, authorizations = {} } of store.sessionsOf(sub)) {
      for (const [clientId, { sid }] of Object.entries(authorizations)) {
        const client = await provider.Client.find(clientId);
        await client.backchannelLogout(sub, sid);
        accepted += 1;
      }
      await (await provider.Session.find(jti)).destroy();
    }
    return accepted;
  }
}
