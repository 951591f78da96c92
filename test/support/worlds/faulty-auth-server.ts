// A test bed whose auth endpoints can answer as only a real browser's `fetch` lets them: redirects, null-body statuses, silence.
import type { AuthClientOptions } from 'everbearer'
import type { MockAuthServerOptions } from 'everbearer/mock'
import { createTestBed, type TestBed } from './test-client.ts'

export type Fault = (signal: AbortSignal | null | undefined) => Promise<Response>

export interface FaultBed extends TestBed {
  /** The next `times` requests to `path` meet this instead of the server. */
  fault(path: string, fault: Fault, times?: number): void
  /** Nothing is in the way of `path` any more. */
  heal(path: string): void
  /** How many auth requests to `path` were sent so far, whatever they met. */
  sent(path: string): number
  /** The greatest number of requests to `path` that were under way at one time. */
  mostUnderWay(path: string): number
}

interface Traffic {
  sent: number
  underWay: number
  most: number
}

const redirects = [301, 302, 303, 307, 308]
const nullBodies = [204, 205, 304]

export function createFaultBed(
  options: AuthClientOptions = {},
  serverOptions: MockAuthServerOptions = {},
  deviceOffsetMs = 0
): FaultBed {
  const faults = new Map<string, Fault[]>()
  const traffic = new Map<string, Traffic>()

  function trafficTo(path: string): Traffic {
    const entry = traffic.get(path) ?? { sent: 0, underWay: 0, most: 0 }
    traffic.set(path, entry)
    return entry
  }

  const bed = createTestBed(
    {
      ...options,
      platform: {
        random: () => 0.5,
        async fetch(url, init) {
          const { pathname } = new URL(url)
          const counted = trafficTo(pathname)
          counted.sent += 1
          counted.underWay += 1
          counted.most = Math.max(counted.most, counted.underWay)
          const fault = faults.get(pathname)?.shift()
          try {
            if (fault === undefined) return await throughTheNetwork(url, init)
            return refuseRedirect(await fault(init.signal), init)
          } finally {
            counted.underWay -= 1
          }
        },
        ...options.platform
      }
    },
    serverOptions,
    deviceOffsetMs
  )

  function throughTheNetwork(url: string, init: RequestInit): Promise<Response> {
    const { fetch } = bed.browser.platform
    if (fetch === undefined) throw new Error('the virtual browser has a network')
    return fetch(url, init)
  }

  return {
    ...bed,
    fault(path, fault, times = 1) {
      faults.set(path, [...(faults.get(path) ?? []), ...Array<Fault>(times).fill(fault)])
    },
    heal: (path) => void faults.delete(path),
    sent: (path) => trafficTo(path).sent,
    mostUnderWay: (path) => trafficTo(path).most
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

/** Silence, until the page gives the request up. */
export const hangs: Fault = (signal) =>
  new Promise((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
  })

/** Silence for ever, from a `fetch` that knows no signals. */
export const hangsForEver: Fault = () => new Promise(() => {})

// As in a browser: with `redirect: 'error'` a redirect is a network error; followed, it ends at some page.
function refuseRedirect(response: Response, init: RequestInit): Response {
  if (!redirects.includes(response.status)) return response
  if (init.redirect === 'error') throw new TypeError('unexpected redirect')
  return new Response('<!doctype html><title>Sign in</title>', {
    headers: { 'Content-Type': 'text/html' }
  })
}
