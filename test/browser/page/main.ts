// A page as an app writes it: calls the API all the time, and notes what it sees.
import { type AuthClient, createAuthClient } from 'everbearer'

declare const API_URL: string

export interface AppReport {
  /** Calls begun so far, over reloads. */
  begun: number
  /** Calls that ended, by outcome. */
  succeeded: number
  failed: { n: number; reason: string }[]
  /** Events in order, each with the number of calls that had begun by then. */
  events: { name: string; begun: number; kid: string | undefined }[]
}

declare global {
  interface Window {
    readonly app: {
      readonly auth: AuthClient
      readonly report: AppReport
      startCalling(): void
      stopCalling(): void
    }
  }
}

const auth = createAuthClient({ baseURL: API_URL, spreadRefreshes: false })
const report: AppReport = {
  begun: Number(sessionStorage.getItem('begun') ?? 0),
  succeeded: 0,
  failed: [],
  events: []
}

for (const name of ['signed-in', 'refreshed', 'reissued'] as const) {
  auth.on(name, ({ token }) => report.events.push({ name, begun: report.begun, kid: token.kid }))
}
for (const name of [
  'signed-out',
  'refresh-settled',
  'reissue-refused',
  'refresh-started'
] as const) {
  auth.on(name, () => report.events.push({ name, begun: report.begun, kid: undefined }))
}

async function call(): Promise<void> {
  const n = report.begun
  report.begun += 1
  sessionStorage.setItem('begun', String(report.begun))
  try {
    await auth.axios.get(`/me?n=${n}`)
    report.succeeded += 1
  } catch (error) {
    report.failed.push({ n, reason: String(error) })
  }
}

let timer: ReturnType<typeof setInterval> | undefined

Object.defineProperty(window, 'app', {
  value: {
    auth,
    report,
    startCalling: () => {
      timer = setInterval(call, 200)
    },
    stopCalling: () => clearInterval(timer)
  }
})

// After a reload it goes on at once: its calls wait for the restore by themselves.
if (report.begun > 0) window.app.startCalling()
