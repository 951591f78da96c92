// Page with the mock inside, behind msw's service worker; `?persist` makes it persist its sessions.
import { type AuthClient, createAuthClient } from 'everbearer'
import { createMockAuthServer, type MockAuthServer } from 'everbearer/mock'
import { createHandlers } from 'everbearer/mock/msw'
import { setupWorker } from 'msw/browser'

declare global {
  interface Window {
    demo: { readonly server: MockAuthServer; readonly auth: AuthClient }
  }
}

const keeps = new URLSearchParams(location.search).has('persist')
const server = createMockAuthServer(keeps ? { persist: sessionStorage } : {})
await setupWorker(...createHandlers(server)).start({ quiet: true, onUnhandledFrame: 'bypass' })
window.demo = {
  server,
  auth: createAuthClient({ baseURL: '/', restore: 'always', spreadRefreshes: false })
}
