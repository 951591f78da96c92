// Recorder: turns the client's events into the history, the log and the counters.
import type { RefreshOutcome, RefreshReason, SignedOutReason, TokenFacts } from 'everbearer'
import { auth } from '../auth.ts'
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
  wake: 'page visible',
  request: 'before a request',
  refusal: 'after a 401',
  manual: 'on demand',
  'other-tab': 'by another tab'
}

const refreshSentences: Readonly<Record<RefreshReason, string>> = {
  restore: 'The session was restored',
  timer: 'Refreshed before expiry',
  wake: 'Refreshed when the page became visible',
  request: 'Refreshed before a request was sent',
  refusal:
    'A request came back with 401. It was replayed after one refresh, so the app did not notice',
  manual: 'Refreshed on demand',
  'other-tab': 'Another tab refreshed, and this tab received its token'
}

const signedOutSentences: Readonly<Record<SignedOutReason, string>> = {
  'no-session': 'No user is signed in.',
  'signed-out':
    'You signed out. The token is deleted from memory, and the server has ended the session.',
  'session-expired': 'The server rejected the refresh, so the session has ended. Sign in again.',
  'user-changed': 'Another user signed in with this browser.',
  idle: 'You were signed out after a time without activity.',
  unreachable: 'The server cannot be reached. The restore will be retried.'
}

export function startRecording(): void {
  auth.on('signed-in', ({ via, token }) => {
    hold(token, via === 'login' ? 'sign-in' : 'restore')
    if (via === 'login') {
      count('signIns')
      say(
        'good',
        `Signed in. The first access token is signed by ${nameOf(token)} and kept in memory only.`
      )
    } else if (via === 'other-tab') {
      say('good', 'Signed in by another tab, which shared its access token.')
    } else {
      say('good', 'Page loaded: session restored by one silent refresh.')
    }
  })
  auth.on('refresh-started', ({ reason }) => {
    count('refreshes')
    const run: RefreshRun = { id: newId(), atMs: Date.now(), reason, outcome: 'pending' }
    change(({ refreshes }) => ({ refreshes: append(refreshes, run) }))
  })
  auth.on('refreshed', ({ reason, token }) => {
    hold(token, 'refresh')
    say('token', `${refreshSentences[reason]}. New token, signed by ${nameOf(token)}.`)
  })
  auth.on('reissued', ({ token, previousKid }) => {
    count('reissues')
    hold(token, 're-issue')
    const before = previousKid === undefined ? '' : `, replacing one signed by ${previousKid}`
    say(
      'token',
      `A response carried a token signed by ${nameOf(token)}${before}. The client adopted it.`
    )
  })
  auth.on('reissue-refused', ({ refusal }) => {
    say('plain', `A re-issued token was ignored (${refusal}).`)
  })
  auth.on('refresh-settled', (outcome) => {
    settleRefresh(outcomeOf(outcome))
    if ('retryInMs' in outcome) {
      const seconds = Math.max(1, Math.round(outcome.retryInMs / 1000))
      say(
        'alert',
        `Refresh failed (${outcome.code}). The session stays. Next attempt in ${seconds} s.`
      )
    } else if (outcome.kind === 'rejected' && outcome.reason === 'restore') {
      say('plain', 'Page loaded: the server has no session to restore.')
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
