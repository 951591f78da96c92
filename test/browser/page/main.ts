// Page of an app: calls the API continuously and records the results.
import { type AuthClient, createAuthClient } from 'everbearer'

declare const API_URL: string

export interface AppReport {
  /** Calls started so far, counted across reloads. */
  begun: number
  /** Calls that succeeded. */
  succeeded: number
  failed: { n: number; reason: string }[]
  /** Events in order, each with the number of calls started before it. */
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

// After a reload, the calls start at once. They wait for the restore.
if (report.begun > 0) window.app.startCalling()
