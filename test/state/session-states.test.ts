// Session state machine: every state with every transition.
import { expect, it } from 'vitest'
import { type AuthState, type Transition, transition } from '../../src/session/state.ts'

const degraded = { code: 'ERR_AUTH_NETWORK', sinceMs: 1 } as const
const user = { name: 'Ada' }
const initializing: AuthState = { status: 'initializing', degraded: undefined, user: undefined }
const unsure: AuthState = { status: 'initializing', degraded, user: undefined }
const authenticated: AuthState = { status: 'authenticated', degraded: undefined, user }
const struggling: AuthState = { status: 'authenticated', degraded, user }
const signedOut: AuthState = {
  status: 'unauthenticated',
  reason: 'signed-out',
  user: undefined
}

const entered: Transition = { type: 'entered', isOtherUser: false, user: { name: 'Ada' } }
const described: Transition = { type: 'described', user: { name: 'Ada' } }
const describedOtherwise: Transition = { type: 'described', user: { name: 'Grace' } }
const ended: Transition = { type: 'ended', reason: 'signed-out' }
const failed: Transition = { type: 'failed', code: 'ERR_AUTH_NETWORK', atMs: 1 }
const failedOtherwise: Transition = { type: 'failed', code: 'ERR_AUTH_TIMEOUT', atMs: 9 }
const recovered: Transition = { type: 'recovered' }

it.each([
  [initializing, entered, authenticated],
  [unsure, entered, authenticated],
  [struggling, entered, authenticated],
  [signedOut, entered, authenticated],
  [initializing, ended, signedOut],
  [struggling, ended, signedOut],
  [initializing, failed, unsure],
  [authenticated, failed, struggling],
  [
    struggling,
    failedOtherwise,
    { ...struggling, degraded: { code: 'ERR_AUTH_TIMEOUT', sinceMs: 1 } }
  ],
  [authenticated, describedOtherwise, { ...authenticated, user: { name: 'Grace' } }],
  [struggling, describedOtherwise, { ...struggling, user: { name: 'Grace' } }],
  [struggling, recovered, authenticated],
  [unsure, recovered, initializing]
])('changes the session state %j on %j to %j', (from, move, to) => {
  expect(transition(from, move)).toEqual(to)
})

it.each([
  [authenticated, entered],
  [authenticated, described],
  [signedOut, described],
  [initializing, described],
  [signedOut, ended],
  [signedOut, failed],
  [signedOut, recovered],
  [struggling, failed],
  [authenticated, recovered],
  [initializing, recovered]
])('keeps the session state object %j if %j changes nothing', (state, move) => {
  expect(transition(state, move)).toBe(state)
})
