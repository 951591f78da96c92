// The calls as tests ask for them: all, or those to one endpoint.

import type { MockCall } from './call-log.ts'
import { isApi } from './endpoint-names.ts'

/** Calls in order of arrival. Each list by name holds the calls to one endpoint, without its preflights. */
export interface MockCalls extends ReadonlyArray<MockCall> {
  readonly login: readonly MockCall[]
  readonly refresh: readonly MockCall[]
  readonly logout: readonly MockCall[]
  /** Calls that take an access token: `me`, and handlers of your own behind the guard. */
  readonly api: readonly MockCall[]
}

/** Not enumerable, so that a list compares with a plain array. */
export function listCalls(calls: readonly MockCall[]): MockCalls {
  const list = (belongs: (call: MockCall) => boolean): PropertyDescriptor => ({
    get: () => calls.filter(belongs)
  })
  return Object.defineProperties(calls, {
    login: list(({ route }) => route === 'login'),
    refresh: list(({ route }) => route === 'refresh'),
    logout: list(({ route }) => route === 'logout'),
    api: list(({ route }) => isApi(route))
  }) as MockCalls
}
