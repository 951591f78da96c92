// Replayed refresh answer: a cache or service worker repeats an old answer of the refresh endpoint.
import { expect, it } from 'vitest'
import { ada, setUpClient } from '../support/setups/test-client.ts'

it('ignores a token that it already held if an old refresh answer is replayed', async () => {
  const { auth, browser, clock, server } = setUpClient()
  let old:
    | { status: number; headers: [string, string][]; setCookies: string[]; body: string }
    | undefined
  await auth.login(ada)
  const handle = server.handle
  server.handle = async (request, adapter) => {
    const answer = await handle(request, adapter)
    if (request.url.endsWith('/refresh')) old ??= answer
    return answer
  }
  await auth.refresh()
  clock.tick(5_000)
  await auth.refresh()
  const current = await auth.getAccessToken()
  clock.tick(5_000)
  if (old !== undefined) browser.intercept('/refresh', { kind: 'answer', response: old })
  await auth.refresh().catch(() => {})
  expect(await auth.getAccessToken()).toBe(current)
})
