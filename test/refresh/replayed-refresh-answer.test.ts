// An answer that the refresh endpoint gave before, replayed by whatever stands between.
import { expect, it } from 'vitest'
import { ada, createTestBed } from '../support/worlds/test-client.ts'

it('goes back to no token that it held before, though the refresh endpoint’s answer is replayed', async () => {
  const { auth, browser, clock, server } = createTestBed()
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
  if (old !== undefined) browser.trouble('/refresh', { kind: 'answer', response: old })
  await auth.refresh().catch(() => {})
  expect(await auth.getAccessToken()).toBe(current)
})
