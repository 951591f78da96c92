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
    find: 'await before\n',
    replace: '\n'
  },
  {
    invariant: 'I2 A refusal is used once',
    file: 'request/token-source.ts',
    find: 'if (held.generation !== carried.generation) {',
    replace: 'if (held.generation < 0) {'
  },
  {
    invariant: 'I3 Adoption is guarded',
    file: 'session/adoption.ts',
    find: "case 'older':\n      return 'not-newer'",
    replace: "case 'older':\n      return undefined"
  },
  {
    invariant: 'I4 Only an explicit rejection ends a session',
    file: 'auth-api/answers/answer-meaning.ts',
    find: 'return status === 401 ||',
    replace: 'return status >= 400 ||'
  },
  {
    invariant: 'I5 Every caller settles',
    file: 'refresh/refresher.ts',
    find: 'deadlineMs,\n      onTimeout() {\n        const error',
    replace: 'deadlineMs: deadlineMs * 3,\n      onTimeout() {\n        const error'
  },
  {
    invariant: 'I6 The token stays in',
    file: 'request/axios/redact.ts',
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
    find: 'if (token === undefined || isSpent(token)) return undefined',
    replace: 'if (token === undefined) return undefined'
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
    find: 'const error = retries.heldBackBy(reason)',
    replace: 'const error = undefined'
  },
  {
    invariant: 'I11 Sign-in and sign-out win',
    file: 'refresh/ask-server.ts',
    find: 'if (!isOurs()) throw sessionChanged()\n    if (mayBeLostRace())',
    replace: 'if (mayBeLostRace())'
  }
]

/** A change to one line of one side, so that client and mock read one contract differently. */
export interface PlantedContractFault {
  /** The behaviour of the changed side. */
  readonly effect: string
  /** Path below `src`. */
  readonly file: string
  /** Occurs once in the file. */
  readonly find: string
  readonly replace: string
}

export const plantedContractFaults: readonly PlantedContractFault[] = [
  {
    effect: 'the mock writes seconds if the unit is milliseconds',
    file: 'mock/endpoints/answer-shape.ts',
    find: 'return seconds * 1000',
    replace: 'return seconds'
  },
  {
    effect: 'the mock leaves out the refresh token',
    file: 'mock/endpoints/answer-shape.ts',
    find: '...at(pathOf(refreshPlace), refreshToken),',
    replace: ''
  },
  {
    effect: 'the mock writes the token without the scheme of its header',
    file: 'mock/endpoints/answer-shape.ts',
    find: "place.scheme === '' ? token",
    replace: 'true ? token'
  },
  {
    effect: 'the mock reads a form as JSON',
    file: 'mock/endpoints/request-shape.ts',
    find: "if (body === 'json') return fieldsOf",
    replace: "if (body !== 'none') return fieldsOf"
  },
  {
    effect: 'the mock refuses with the usual status',
    file: 'mock/http/rule-answer.ts',
    find: 'rule.status === undefined ? [usual, 200] : [rule.status].flat()',
    replace: '[usual, 200]'
  },
  {
    effect: 'the mock asks for another CSRF header',
    file: 'mock/http/csrf-cookie.ts',
    find: 'headerValue(request, pair.header)',
    replace: "headerValue(request, 'X-Other')"
  },
  {
    effect: 'the client ignores the scheme of a header',
    file: 'lib/credential.ts',
    find: "return scheme === '' ? token",
    replace: 'return true ? token'
  },
  {
    effect: 'the client takes a path for one name',
    file: 'lib/json-path.ts',
    find: "path.split('.')",
    replace: '[path]'
  },
  {
    effect: 'the client ignores the body of a rule',
    file: 'lib/answer-rules.ts',
    find: 'return body === undefined || hasValues(parseJson(received), body)',
    replace: 'return body === undefined'
  },
  {
    effect: 'the client sends no CSRF header',
    file: 'auth-api/auth-request.ts',
    find: 'platform.readCookie(csrf.cookie)',
    replace: 'undefined'
  }
]
