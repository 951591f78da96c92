// Planted faults: changes to one line of the source, each of which violates one invariant.

/** A search, by its test file and a part of its title. */
export const searches = {
  'late answers': { file: 'random-histories.race', title: 'overtake each other' },
  'one tab': { file: 'random-histories.race', title: 'a browser with one tab' },
  'several tabs': { file: 'random-histories-of-tabs.race', title: 'several tabs' }
} as const

export interface PlantedFault {
  /** A heading of `docs/invariants.md`. */
  readonly invariant: string
  /** The behaviour of the changed client. */
  readonly effect: string
  /** The search that finds it. */
  readonly search: keyof typeof searches
  /** Path below `src`. */
  readonly file: string
  /** Occurs once in the file. */
  readonly find: string
  readonly replace: string
}

export const plantedFaults: readonly PlantedFault[] = [
  {
    invariant: 'I1 One refresh',
    effect: 'auth requests of one tab do not wait for each other',
    search: 'late answers',
    file: 'tabs/lock.ts',
    find: 'await before\n',
    replace: '\n'
  },
  {
    invariant: 'I2 A refusal is used once',
    effect: 'the refusal of an earlier token causes a refresh',
    search: 'late answers',
    file: 'request/token-source.ts',
    find: 'if (held.generation !== carried.generation) {',
    replace: 'if (held.generation < 0) {'
  },
  {
    invariant: 'I3 Adoption is guarded',
    effect: 'an older re-issued token is adopted',
    search: 'late answers',
    file: 'session/adoption.ts',
    find: "case 'older':\n      return 'not-newer'",
    replace: "case 'older':\n      return undefined"
  },
  {
    invariant: 'I4 Only an explicit rejection ends a session',
    effect: 'an outage ends the session',
    search: 'one tab',
    file: 'auth-api/answers/answer-meaning.ts',
    find: 'return status === 401 ||',
    replace: 'return status >= 400 ||'
  },
  {
    invariant: 'I5 Every caller settles',
    effect: 'callers wait for a refresh three times as long',
    search: 'late answers',
    file: 'refresh/callers.ts',
    find: 'deadlineMs,\n        onTimeout() {\n          const error',
    replace: 'deadlineMs: deadlineMs * 3,\n        onTimeout() {\n          const error'
  },
  {
    invariant: 'I6 The token stays in',
    effect: 'errors of axios expose the token',
    search: 'late answers',
    file: 'request/axios/redact.ts',
    find: "Reflect.set(carrier, 'config', sending.appConfig)",
    replace: 'void 0'
  },
  {
    invariant: 'I7 Once',
    effect: 'a replay has another body',
    search: 'late answers',
    file: 'request/axios/attach.ts',
    find: 'return sendWithToken({',
    replace: 'config.data += config.data === undefined ? "" : " "\n    return sendWithToken({'
  },
  {
    invariant: 'I8 Timers are hints',
    effect: 'a request does not check whether the token has expired',
    search: 'late answers',
    file: 'request/sendable-token.ts',
    find: 'if (token === undefined || isSpent(token)) return undefined',
    replace: 'if (token === undefined) return undefined'
  },
  {
    invariant: 'I9 Quiet',
    effect: 'each token renders the user again',
    search: 'late answers',
    file: 'session/state.ts',
    find: 'json === toJson(described) ? user',
    replace: 'json === toJson(described) ? described'
  },
  {
    invariant: 'I10 Bounded, and kind to the server',
    effect: 'a request refreshes while a failed refresh holds all others back',
    search: 'several tabs',
    file: 'refresh/callers.ts',
    find: 'const error = retries.heldBackBy(reason)',
    replace: 'const error = undefined'
  },
  {
    invariant: 'I11 Sign-in and sign-out win',
    effect: 'the answer to a login signs in after a sign-out',
    search: 'late answers',
    file: 'sign-in/call-order.ts',
    find: 'if (isOverruled(call)) throw',
    replace: 'if (call.number < 0) throw'
  },
  {
    invariant: 'I12 Absence proves nothing',
    effect: 'a cleared storage entry counts as a sign-out',
    search: 'several tabs',
    file: 'tabs/tab-sync.ts',
    find: 'if (isLost && absence.isRecent()) known.doubt()',
    replace: "if (isLost) session.end('signed-out', 'other-tab')"
  },
  {
    invariant: 'I12 Absence proves nothing',
    effect: 'memory forgets what storage loses',
    search: 'several tabs',
    file: 'tabs/session-record.ts',
    find: 'known = merge(known, other, platform.now())',
    replace: 'known = other'
  },
  {
    invariant: 'I13 Every wait ends',
    effect: 'waits have no deadline',
    search: 'one tab',
    file: 'lib/time.ts',
    find: 'if (limits.deadlineMs !== undefined) {',
    replace: 'if (limits.deadlineMs === 0) {'
  },
  {
    invariant: 'I14 `initializing` ends',
    effect: '`initializing` lasts until the server answers',
    search: 'one tab',
    file: 'refresh/restore-deadline.ts',
    find: "const end = () => session.note({ type: 'unreachable' })",
    replace: 'const end = () => {}'
  },
  {
    invariant: 'I14 `initializing` ends',
    effect: 'a definite answer without a token leaves a visitor waiting',
    search: 'one tab',
    file: 'refresh/apply-answer.ts',
    find: 'if (!answer.meansNoSession || !isVisit) throw',
    replace: 'if (!answer.meansNoSession || isVisit) throw'
  },
  {
    invariant: 'I15 One user at a time',
    effect: 'a failed wait continues with the token of the next user',
    search: 'one tab',
    file: 'request/token-source.ts',
    find: 'return session.held()?.epoch === epoch',
    replace: 'return true'
  },
  {
    invariant: 'I15 One user at a time',
    effect: 'a token of another user is taken from another tab',
    search: 'several tabs',
    file: 'session/adoption.ts',
    find: "userId === other.userId ? 'same' : 'other'",
    replace: "userId === '' ? 'other' : 'same'"
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
