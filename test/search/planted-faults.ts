// One fault per invariant, each a single line of the source: the search has to find every one of them.

export interface Mutation {
  readonly invariant: string
  readonly file: string
  readonly find: string
  readonly replace: string
}

export const mutations: readonly Mutation[] = [
  {
    invariant: 'I1 one refresh',
    file: 'tabs/lock.ts',
    find: 'const turn = Promise.race([tail, wait.over])',
    replace: 'const turn = Promise.resolve()'
  },
  {
    invariant: 'I2 a late refusal is not news',
    file: 'request/token-source.ts',
    find: 'if (held.generation !== carried.generation) return forRequest(carried.epoch)',
    replace: ''
  },
  {
    invariant: 'I3 adoption is monotonic',
    file: 'session/token-order.ts',
    find: "case 'older':\n      return 'not-newer'",
    replace: "case 'older':\n      return undefined"
  },
  {
    invariant: 'I4 only a verdict ends a session',
    file: 'auth-api/token-request.ts',
    find: 'default:\n      return false',
    replace: 'default:\n      return response.status >= 400'
  },
  {
    invariant: 'I5 everybody settles',
    file: 'refresh/refresher.ts',
    find: 'afterMs: options.refreshTimeoutMs',
    replace: 'afterMs: options.refreshAbandonMs'
  },
  {
    invariant: 'I6 the token stays in',
    file: 'request/axios/response.ts',
    find: "Reflect.set(carrier, 'config', appConfig)",
    replace: 'void 0'
  },
  {
    invariant: 'I7 the replay carries the same content',
    file: 'request/axios/attach.ts',
    find: 'return sendWithToken({',
    replace: 'config.data += config.data === undefined ? "" : " "\n    return sendWithToken({'
  },
  {
    invariant: 'I8 timers are hints',
    file: 'request/token-source.ts',
    find: 'if (!hasLifeLeft(token, reserve)) return undefined',
    replace: ''
  },
  {
    invariant: 'I9 quiet',
    file: 'session/session.ts',
    find: 'if (next === state) return',
    replace: ''
  },
  {
    invariant: 'I10 bounded',
    file: 'refresh/refresher.ts',
    find: 'if (heldBackBy !== undefined) return Promise.reject(heldBackBy)',
    replace: ''
  },
  {
    invariant: 'I11 sign-out wins',
    file: 'refresh/refresher.ts',
    find: 'if (!isOurs()) throw sessionChanged()\n    if (mayBeLostRace())',
    replace: 'if (mayBeLostRace())'
  }
]
