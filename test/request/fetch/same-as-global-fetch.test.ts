// The client's fetch beside the global one: the same inputs, and responses that work the same.
import { describe, expect, it } from 'vitest'
import type { Respond } from '../../support/setups/recording-server.ts'
import { setUpReplay } from '../../support/tables/replay-cases.ts'

const reissue: Respond = (_, response) => {
  response.writeHead(200, { Authorization: 'Bearer token-2' }).end('text')
}

describe.each(['the global fetch', 'the client’s fetch'])('%s', (who) => {
  async function arrangeFetch(respond: Respond = reissue) {
    const { auth, url } = await setUpReplay('http', respond)
    const send: typeof fetch = who === 'the global fetch' ? fetch : (auth.fetch as typeof fetch)
    return { url, send }
  }

  it('accepts null as its options', async () => {
    const { url, send } = await arrangeFetch()
    expect((await send(url, null as unknown as RequestInit)).status).toBe(200)
  })

  it.each(['status', 'ok', 'url', 'redirected', 'type', 'clone'])(
    'lets the app redefine %s of a response, as wrappers of fetch do',
    async (name) => {
      const { url, send } = await arrangeFetch()
      const response = await send(url)
      Object.defineProperty(response, name, { value: 'mine' })
      expect(Reflect.get(response, name)).toBe('mine')
    }
  )

  it('prefers a signal that its options inherit to the signal of the Request', async () => {
    const { url, send } = await arrangeFetch(() => {})
    const canceller = new AbortController()
    const init: RequestInit = Object.create({ signal: canceller.signal })
    const request = new Request(url, { signal: new AbortController().signal })
    const sending = send(request, init).catch((error) => error)
    canceller.abort('enough')
    // Reached only if the test fails.
    const soon = new Promise((resolve) => setTimeout(() => resolve('nothing happens'), 5_000))
    expect(await Promise.race([sending, soon])).toBe('enough')
  })
})
