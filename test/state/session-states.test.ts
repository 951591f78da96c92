// Session state machine: every state with every transition.
import { expect, it } from 'vitest'
import { type AuthState, type Transition, transition } from '../../src/session/state.ts'

const degraded = { code: 'ERR_AUTH_NETWORK', sinceMs: 1 } as const
const initializing: AuthState = { status: 'initializing', degraded: undefined }
const unsure: AuthState = { status: 'initializing', degraded }
const authenticated: AuthState = { status: 'authenticated', degraded: undefined }
const struggling: AuthState = { status: 'authenticated', degraded }
const signedOut: AuthState = { status: 'unauthenticated', reason: 'signed-out' }

const entered: Transition = { type: 'entered' }
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
  [struggling, recovered, authenticated],
  [unsure, recovered, initializing]
])('changes the session state %j on %j to %j', (from, move, to) => {
  expect(transition(from, move)).toEqual(to)
})

it.each([
  [authenticated, entered],
  [signedOut, ended],
  [signedOut, failed],
  [signedOut, recovered],
  [struggling, failed],
  [authenticated, recovered],
  [initializing, recovered]
])('keeps the session state object %j if %j changes nothing', (state, move) => {
  expect(transition(state, move)).toBe(state)
})
