// Page of stories, as in Storybook: the app, and the auth server behind the page's service worker.
import { createAuthClient } from 'everbearer'
import { createMockAuthServer } from 'everbearer/mock'
import { createHandlers } from 'everbearer/mock/msw'
import { setupWorker } from 'msw/browser'
import { type Credentials, mountApp } from '../testing-app/app.ts'
import { stories } from './stories.ts'

const server = createMockAuthServer({ basePath: '/api' })
await setupWorker(...createHandlers(server)).start({ quiet: true })

const nav = document.querySelector('nav')
const root = document.querySelector<HTMLElement>('#app')
for (const name of Object.keys(stories)) {
  const link = document.createElement('a')
  link.textContent = name
  link.href = `?${new URLSearchParams({ story: name })}`
  nav?.append(link, ' ')
}

const wanted = new URLSearchParams(location.search).get('story') ?? 'Signed out'
const auth = createAuthClient<Credentials>({ baseURL: '/api' })
// The new server does not know the cookie of an earlier page, so each story starts signed out.
if (wanted !== 'Starting') await auth.ready()
await stories[wanted]?.({ server, auth })
if (root !== null) mountApp(root, auth)

// For the console: `mock.calls`, `mock.rotateKey()`, `mock.assertNoViolations()`.
Object.assign(window, { mock: server })
