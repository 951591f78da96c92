// Page of one tab: records the client's events, and calls the API on request. The query may hold
// options of the client, as JSON. A page that is prerendered calls the API by itself.
import { type AuthClient, type AuthClientOptions, createAuthClient } from 'everbearer'

declare const API_URL: string

export interface TabReport {
  succeeded: number
  failed: string[]
  events: { name: string; detail: string | undefined; atMs: number }[]
}

declare global {
  interface Window {
    readonly tab: {
      readonly auth: AuthClient
      readonly report: TabReport
      readonly apiUrl: string
      /** Creates another client on this page. */
      create(options: AuthClientOptions): AuthClient
      /** Calls the API `times` times, and resolves when all calls have ended. */
      call(times: number, everyMs: number): Promise<void>
    }
  }
}

const report: TabReport = { succeeded: 0, failed: [], events: [] }
const given = new URLSearchParams(location.search).get('options')
const create = (options: AuthClientOptions) =>
  createAuthClient({ baseURL: API_URL, spreadRefreshes: false, ...options })
const auth = create(JSON.parse(given ?? '{}'))

const note = (name: string, detail?: string) =>
  report.events.push({ name, detail, atMs: Date.now() })
auth.on('signed-in', ({ via }) => note('signed-in', via))
auth.on('refreshed', ({ reason }) => note('refreshed', reason))
auth.on('reissued', () => note('reissued'))
auth.on('signed-out', ({ reason }) => note('signed-out', reason))
auth.on('refresh-started', ({ reason }) => note('refresh-started', reason))
addEventListener('pageshow', ({ persisted }) => {
  if (persisted) note('back-from-cache')
})

async function call(times: number, everyMs: number): Promise<void> {
  const calls: Promise<unknown>[] = []
  for (let n = 0; n < times; n += 1) {
    calls.push(
      auth.axios.get('/me').then(
        () => {
          report.succeeded += 1
        },
        (error) => report.failed.push(String(error))
      )
    )
    await new Promise((resolve) => setTimeout(resolve, everyMs))
  }
  await Promise.all(calls)
}

if ((document as { readonly prerendering?: boolean }).prerendering) {
  // Shows the test that the page runs.
  fetch(`${API_URL}/.well-known/jwks.json`, { mode: 'no-cors', cache: 'no-store' })
  auth.ready().then(() => call(1, 0))
}
Object.defineProperty(window, 'tab', { value: { auth, report, apiUrl: API_URL, create, call } })
