// Planted faults: changes to one line of the source, each of which violates one invariant.

export interface PlantedFault {
  /** A heading of `docs/invariants.md`. */
  readonly invariant: string
  /** Path below `src`. */
  readonly file: string
  /** Occurs once in the file. */
  readonly find: string
  readonly replace: string
}

export const plantedFaults: readonly PlantedFault[] = [
  {
    invariant: 'I1 One refresh',
    file: 'tabs/lock.ts',
    find: 'const turn = Promise.race([tail, wait.over])',
    replace: 'const turn = Promise.resolve()'
  },
  {
    invariant: 'I2 A refusal is used once',
    file: 'request/token-source.ts',
    find: 'if (held.generation !== carried.generation) return forRequest(carried.epoch)',
    replace: ''
  },
  {
    invariant: 'I3 Adoption is guarded',
    file: 'session/adoption.ts',
    find: "case 'older':\n      return 'not-newer'",
    replace: "case 'older':\n      return undefined"
  },
  {
    invariant: 'I4 Only an explicit rejection ends a session',
    file: 'auth-api/answer.ts',
    find: 'default:\n      return false',
    replace: 'default:\n      return response.status >= 400'
  },
  {
    invariant: 'I5 Every caller settles',
    file: 'refresh/refresher.ts',
    find: 'afterMs: refreshTimeoutMs',
    replace: 'afterMs: refreshAbandonMs'
  },
  {
    invariant: 'I6 The token stays in',
    file: 'request/axios/redact-response.ts',
    find: "Reflect.set(carrier, 'config', appConfig)",
    replace: 'void 0'
  },
  {
    invariant: 'I7 Once',
    file: 'request/axios/attach.ts',
    find: 'return sendWithToken({',
    replace: 'config.data += config.data === undefined ? "" : " "\n    return sendWithToken({'
  },
  {
    invariant: 'I8 Timers are hints',
    file: 'request/token-source.ts',
    find: 'if (!hasLifeLeft(token, reserve)) return undefined',
    replace: ''
  },
  {
    invariant: 'I9 Quiet',
    file: 'session/session.ts',
    find: 'if (next === state) return',
    replace: ''
  },
  {
    invariant: 'I10 Bounded, and kind to the server',
    file: 'refresh/refresher.ts',
    find: 'if (heldBackBy !== undefined) return Promise.reject(heldBackBy)',
    replace: ''
  },
  {
    invariant: 'I11 Sign-in and sign-out win',
    file: 'refresh/refresher.ts',
    find: 'if (!isOurs()) throw sessionChanged()\n    if (mayBeLostRace())',
    replace: 'if (mayBeLostRace())'
  }
]
