// The client's fetch beside the global one: aborts after garbage collection, and unusual statuses.
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { collectGarbage } from '../../support/collect-garbage.ts'
import type { Respond } from '../../support/setups/recording-server.ts'
import { setUpReplay } from '../../support/tables/replay-cases.ts'

// Reached only if the test fails.
const soon = () => new Promise((resolve) => setTimeout(() => resolve('nothing happens'), 5_000))

// The global fetch is the control: it shows that Node itself keeps the signal.
describe.each(['the global fetch', 'the client’s fetch'])('%s', (who) => {
  async function setUpFetch(respond: Respond) {
    const { auth, url } = await setUpReplay('http', respond)
    const send: typeof fetch = who === 'the global fetch' ? fetch : (auth.fetch as typeof fetch)
    return { url, send }
  }

  it.each([
    ['a GET', {}],
    ['a POST', { method: 'POST', body: 'text' }]
  ])('aborts %s in flight after a garbage collection', async (_, init) => {
    let arrived = () => {}
    const arrival = new Promise<void>((resolve) => {
      arrived = resolve
    })
    const { url, send } = await setUpFetch(() => arrived())
    const canceller = new AbortController()
    const sending = send(url, { ...init, signal: canceller.signal }).catch((error) => error)
    await arrival
    await collectGarbage()
    canceller.abort('enough')
    expect(await Promise.race([sending, soon()])).toBe('enough')
  })

  it.each([
    ['a GET', {}],
    ['a POST', { method: 'POST', body: 'text' }]
  ])('aborts the streaming response to %s after a garbage collection', async (_, init) => {
    const { url, send } = await setUpFetch((_request, response) => {
      response.writeHead(200).write('a')
    })
    const canceller = new AbortController()
    const { body } = await send(url, { ...init, signal: canceller.signal })
    const reader = body?.getReader()
    await reader?.read()
    await collectGarbage()
    canceller.abort('enough')
    const reading = reader?.read().catch((error) => error)
    expect(await Promise.race([reading, soon()])).toBe('enough')
  })

  it('returns a response with status 999 and a re-issued token', async () => {
    const { url, send } = await setUpFetch((_request, response) => {
      response.writeHead(999, { Authorization: 'Bearer token-2' }).end('text')
    })
    const response = await send(url)
    expect([response.status, await response.text()]).toEqual([999, 'text'])
  })
})

it('passes options that only a patched fetch knows, such as `next` of Next.js', async () => {
  const { auth, url } = await setUpReplay('http', (_, response) => response.end('{}'))
  const plain = globalThis.fetch
  const seen: unknown[] = []
  vi.stubGlobal('fetch', (input: RequestInfo | URL, init?: RequestInit) => {
    seen.push(Reflect.get(Object(init), 'next'))
    return plain(input, init)
  })
  onTestFinished(() => void vi.unstubAllGlobals())
  const init = { next: { revalidate: 60 } } as RequestInit
  await fetch(url, init)
  await auth.fetch(url, init)
  expect(seen).toEqual([{ revalidate: 60 }, { revalidate: 60 }])
})
