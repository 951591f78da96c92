// Watcher of waits (I5, I9, I13, I14): every promise settles in time, and `initializing` ends.
import { isDeepStrictEqual } from 'node:util'
import type { Call, Client, Facts, Sent, Watcher } from './facts.ts'

/** The client's defaults. */
const refreshTimeoutMs = 10_000
/** The time of one event. */
const slackMs = 50

/** How long the client itself may keep a caller waiting, without the network of the app. */
const limitsMs: Readonly<Record<Call['what'], number>> = {
  login: refreshTimeoutMs,
  // The function of the app has no deadline. The wait before it has.
  'login by function': Number.POSITIVE_INFINITY,
  logout: refreshTimeoutMs,
  refresh: refreshTimeoutMs,
  getAccessToken: refreshTimeoutMs,
  restore: refreshTimeoutMs,
  ready: refreshTimeoutMs,
  request: refreshTimeoutMs
}

interface Wait {
  readonly call: Call
  /** How long the page had run when the client began to hold the call. */
  sinceRanMs: number
  onNetwork: number
}

export function watchWaits(facts: Facts): Watcher {
  const waits = new Set<Wait>()
  const byNumber = new Map<string, Wait>()
  const initializing = new Set<Client>()
  const lastStates = new Map<Client, unknown>()

  function noteNetwork({ n, client }: Sent, change: 1 | -1): void {
    const wait = byNumber.get(n ?? '')
    if (wait === undefined) return
    wait.onNetwork += change
    wait.sinceRanMs = client.page.ranMs()
  }

  function check(): void {
    for (const wait of waits) {
      const { call, sinceRanMs, onNetwork } = wait
      const { page, tab } = call.client
      if (page.isGone()) waits.delete(wait)
      else if (onNetwork === 0 && page.ranMs() - sinceRanMs > limitsMs[call.what] + slackMs) {
        facts.violate('I13', `${call.what} of tab ${tab} has not settled in time`)
        waits.delete(wait)
      }
    }
    for (const client of initializing) {
      const isOver = client.page.isGone() || client.auth.getState().status !== 'initializing'
      if (isOver) initializing.delete(client)
      else if (client.page.ranMs() > refreshTimeoutMs + slackMs) {
        facts.violate('I14', `tab ${client.tab} is initializing for too long`)
        initializing.delete(client)
      }
    }
  }

  return {
    onOpen(client) {
      if (client.auth.getState().status === 'initializing') initializing.add(client)
      lastStates.set(client, client.auth.getState())
      client.auth.subscribe(() => {
        const next = client.auth.getState()
        if (isDeepStrictEqual(next, lastStates.get(client)))
          facts.violate('I9', 'a subscriber was called without a change')
        lastStates.set(client, next)
      })
    },
    onEvent(client, name) {
      // The state may change twice before a subscriber runs.
      if (name === 'signed-in' || name === 'signed-out') lastStates.delete(client)
    },
    onCall(call) {
      const wait: Wait = { call, sinceRanMs: call.client.page.ranMs(), onNetwork: 0 }
      waits.add(wait)
      if (call.n !== undefined) byNumber.set(call.n, wait)
      const settled = () => waits.delete(wait)
      call.promise.then(settled, settled)
    },
    onSend: (sent) => noteNetwork(sent, 1),
    onSettled: (sent) => noteNetwork(sent, -1),
    onPass: check,
    atEnd() {
      for (const { call, onNetwork } of waits) {
        const isOfApp = call.what === 'login by function' || onNetwork > 0
        if (!call.client.page.isGone() && !isOfApp)
          facts.violate('I5', `${call.what} of tab ${call.client.tab} never settled`)
      }
    }
  }
}
