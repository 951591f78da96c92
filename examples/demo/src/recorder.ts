// Writes down what the client tells about itself: every picture and every sentence begins with one of its events.
import type { RefreshOutcome, RefreshReason, SignedOutReason, TokenFacts } from 'everbearer'
import { auth } from './auth.ts'
import {
  append,
  change,
  count,
  mark,
  newId,
  type RefreshRun,
  say,
  type TokenLife,
  type TokenWay
} from './history.ts'

export const reasonWords: Readonly<Record<RefreshReason, string>> = {
  restore: 'page load',
  timer: 'before expiry',
  wake: 'page visible again',
  request: 'before a request',
  refusal: 'after a 401',
  manual: 'on demand',
  'other-tab': 'by another tab'
}

const renewedSentences: Readonly<Record<RefreshReason, string>> = {
  restore: 'The session was restored',
  timer: 'Refreshed before expiry',
  wake: 'Refreshed when the page came back',
  request: 'Refreshed before a request went out',
  refusal: 'A request came back with 401. One refresh, then it was replayed: the app saw nothing',
  manual: 'Refreshed on demand',
  'other-tab': 'Another tab made the refresh, and this one took its token over'
}

const signedOutSentences: Readonly<Record<SignedOutReason, string>> = {
  'no-session': 'Nobody is signed in.',
  'signed-out': 'You signed out: the token is gone from memory, and the session at the server.',
  'session-expired': 'The server refused to renew the session: it has ended. Sign in again.',
  'user-changed': 'Another user signed in with this browser.',
  idle: 'Nothing happened for too long, so you were signed out.'
}

export function startRecording(): void {
  auth.on('signed-in', ({ via, token }) => {
    hold(token, via === 'login' ? 'sign-in' : 'restore')
    if (via === 'login') {
      count('signIns')
      say(
        'good',
        `Signed in. First access token, signed by ${nameOf(token)}, stored in memory only.`
      )
    } else {
      say('good', 'Page loaded: session restored by one silent refresh. No password asked.')
    }
  })
  auth.on('refresh-started', ({ reason }) => {
    count('refreshes')
    const run: RefreshRun = { id: newId(), atMs: Date.now(), reason, outcome: 'pending' }
    change(({ refreshes }) => ({ refreshes: append(refreshes, run) }))
  })
  auth.on('refreshed', ({ reason, token }) => {
    hold(token, 'refresh')
    say('token', `${renewedSentences[reason]}. New token, signed by ${nameOf(token)}.`)
  })
  auth.on('reissued', ({ token, previousKid }) => {
    count('reissues')
    hold(token, 're-issue')
    const before = previousKid === undefined ? '' : ` in place of ${previousKid}'s`
    say('token', `The next response carried a token of ${nameOf(token)}${before}: adopted.`)
  })
  auth.on('reissue-refused', ({ refusal }) => {
    say('plain', `A re-issued token was left alone (${refusal}).`)
  })
  auth.on('refresh-settled', (outcome) => {
    settleRefresh(outcomeOf(outcome))
    if ('retryInMs' in outcome) {
      const seconds = Math.max(1, Math.round(outcome.retryInMs / 1000))
      say('alert', `Refresh failed (${outcome.code}). The session stays; next try in ${seconds} s.`)
    } else if (outcome.kind === 'rejected' && outcome.reason === 'restore') {
      say('plain', 'Page loaded: one question to the server, and there is no session to restore.')
    }
  })
  auth.on('signed-out', ({ reason }) => {
    endHeldToken('sign-out')
    mark(reason === 'signed-out' ? 'signed out' : 'session ended')
    say(reason === 'signed-out' ? 'plain' : 'alert', signedOutSentences[reason])
  })
}

function outcomeOf({ kind, reason }: RefreshOutcome): RefreshRun['outcome'] {
  if (kind === 'refreshed') return 'refreshed'
  if (kind !== 'rejected') return 'failed'
  return reason === 'restore' ? 'no-session' : 'refused'
}

function hold(token: TokenFacts, came: TokenWay): void {
  count('tokens')
  endHeldToken(came)
  const life: TokenLife = {
    generation: token.generation,
    kid: nameOf(token),
    receivedAtMs: token.receivedAtMs,
    lifetimeSeconds: token.lifetimeSeconds ?? 0,
    came
  }
  change(({ tokens }) => ({ tokens: [...tokens.slice(-39), life] }))
}

function endHeldToken(endedBy: TokenWay | 'sign-out'): void {
  const endedAtMs = Date.now()
  change(({ tokens }) => ({
    tokens: tokens.map((token) =>
      token.endedAtMs === undefined ? { ...token, endedAtMs, endedBy } : token
    )
  }))
}

function settleRefresh(outcome: RefreshRun['outcome']): void {
  change(({ refreshes }) => ({
    refreshes: refreshes.map((run) => (run.outcome === 'pending' ? { ...run, outcome } : run))
  }))
}

function nameOf(token: TokenFacts): string {
  return token.kid ?? 'an unnamed key'
}
