// Faulty auth server: a test client and a server with faults that only a real `fetch` has:
// redirects, statuses without a body, and requests without an answer.
import type { AuthClientOptions } from 'everbearer'
import type { MockAuthServerOptions } from 'everbearer/mock'
import { type ClientSetup, setUpClient } from './test-client.ts'

export type Fault = (signal: AbortSignal | null | undefined) => Promise<Response>

export interface FaultyServerSetup extends ClientSetup {
  /** Answers the next `times` requests to `path` with this fault instead of the server. */
  fault(path: string, fault: Fault, times?: number): void
  /** Removes all faults of `path`. */
  clearFaults(path: string): void
  /** How many auth requests were sent to `path`. */
  sent(path: string): number
  /** The largest number of requests to `path` in flight at the same time. */
  mostInFlight(path: string): number
  /** The idempotency keys of the refreshes, in order. */
  keysSent(): readonly string[]
}

interface Traffic {
  sent: number
  inFlight: number
  most: number
}

const redirects = [301, 302, 303, 307, 308]
const nullBodies = [204, 205, 304]

export function setUpFaultyServer(
  options: AuthClientOptions = {},
  serverOptions: MockAuthServerOptions = {},
  deviceOffsetMs = 0
): FaultyServerSetup {
  const faults = new Map<string, Fault[]>()
  const traffic = new Map<string, Traffic>()
  const keys: string[] = []

  function trafficTo(path: string): Traffic {
    const entry = traffic.get(path) ?? { sent: 0, inFlight: 0, most: 0 }
    traffic.set(path, entry)
    return entry
  }

  const setup = setUpClient(
    {
      ...options,
      platform: {
        random: () => 0.5,
        async fetch(url, init) {
          const { pathname } = new URL(url)
          const counted = trafficTo(pathname)
          counted.sent += 1
          counted.inFlight += 1
          counted.most = Math.max(counted.most, counted.inFlight)
          const key = new Headers(init.headers).get('Idempotency-Key')
          if (key !== null) keys.push(key)
          const fault = faults.get(pathname)?.shift()
          try {
            if (fault === undefined) return await fetchFromServer(url, init)
            return asPageSees(await fault(init.signal), init)
          } finally {
            counted.inFlight -= 1
          }
        },
        ...options.platform
      }
    },
    serverOptions,
    deviceOffsetMs
  )

  function fetchFromServer(url: string, init: RequestInit): Promise<Response> {
    const { fetch } = setup.browser.platform
    if (fetch === undefined) throw new Error('The virtual browser must have a fetch function.')
    return fetch(url, init)
  }

  return {
    ...setup,
    fault(path, fault, times = 1) {
      faults.set(path, [...(faults.get(path) ?? []), ...Array<Fault>(times).fill(fault)])
    },
    clearFaults: (path) => void faults.delete(path),
    sent: (path) => trafficTo(path).sent,
    mostInFlight: (path) => trafficTo(path).most,
    keysSent: () => keys
  }
}

export function answers(
  status: number,
  body: unknown = '',
  headers: Readonly<Record<string, string>> = {}
): Fault {
  const text = typeof body === 'string' ? body : JSON.stringify(body)
  const type: Record<string, string> =
    typeof body === 'string' ? {} : { 'Content-Type': 'application/json' }
  return async () =>
    new Response(nullBodies.includes(status) ? null : new TextEncoder().encode(text), {
      status,
      headers: { ...type, ...headers }
    })
}

/** Does not answer, and rejects if the page aborts the request. */
export const hangs: Fault = (signal) =>
  new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
  })

/** Never settles, as a `fetch` that ignores signals. */
export const neverAnswers: Fault = () => new Promise(() => {})

/**
 * As in a page: a script that follows no redirect sees neither its status nor its target. If it is
 * followed, it leads to an HTML page.
 */
export function asPageSees(response: Response, init: RequestInit): Response {
  if (!redirects.includes(response.status)) return response
  if (init.redirect === 'error') throw new TypeError('unexpected redirect')
  if (init.redirect === 'manual') {
    return Object.defineProperties(new Response(null), {
      type: { value: 'opaqueredirect' },
      status: { value: 0 },
      ok: { value: false }
    })
  }
  return new Response('<!doctype html><title>Sign in</title>', {
    headers: { 'Content-Type': 'text/html' }
  })
}
