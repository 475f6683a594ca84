// Sessions, codes and grants, in memory. The store survives a change of keys.
// https://github.com/panva/node-oidc-provider/blob/main/example/my_adapter.js

export class Store {
  #rows = new Map();

  // oidc-provider requires one adapter for each kind of row.
  get adapter() {
    return (kind) => this.#adapterOf(kind);
  }

  sessionsOf(sub) {
    return [...this.#unexpired('Session')].filter((row) => row.payload.accountId === sub).map((row) => row.payload);
  }

  // Send no logout tokens.
  deleteSessions() {
    for (const [name, row] of this.#rows) if (row.kind === 'Session') this.#rows.delete(name);
  }

  #adapterOf(kind) {
    const rows = this.#rows;
    const key = (id) => `${kind} ${id}`;
    const alive = (row) => (row && row.until > Date.now() ? row.payload : undefined);
    const withMember = (name, value) => [...this.#unexpired(kind)].find((row) => row.payload[name] === value)?.payload;
    return {
      async upsert(id, payload, seconds = Infinity) {
        rows.set(key(id), { kind, payload, until: Date.now() + seconds * 1000 });
      },
      async find(id) {
        return alive(rows.get(key(id)));
      },
      async findByUid(uid) {
        return withMember('uid', uid);
      },
      async findByUserCode(userCode) {
        return withMember('userCode', userCode);
      },
      async consume(id) {
        const row = rows.get(key(id));
        if (row) row.payload.consumed = Math.floor(Date.now() / 1000);
      },
      async destroy(id) {
        rows.delete(key(id));
      },
      async revokeByGrantId(grantId) {
        for (const [name, row] of rows) if (row.kind === kind && row.payload.grantId === grantId) rows.delete(name);
      },
    };
  }

  *#unexpired(kind) {
    const now = Date.now();
    for (const [name, row] of this.#rows) {
      if (row.until <= now) this.#rows.delete(name);
      else if (row.kind === kind) yield row;
    }
  }
}
