// I7 in a page: the replay equals the first request, and both equal a request of bare axios.
import { inspect } from 'node:util'
import { isAxiosError } from 'axios'
import { describe, expect, it } from 'vitest'
import { expectInPageConsole } from '../support/page-console.ts'
import {
  bodies,
  expectEqualReplay,
  options,
  type ReplayCase,
  setUpReplay,
  toRows
} from '../support/tables/replay-cases.ts'
import { pairs } from '../support/tier.ts'

// happy-dom's XHR sends the body of a DELETE without its length, so servers cannot read it.
const inThisPage = ([name]: ReplayCase) => name !== 'a DELETE with a body'

const adapters = ['xhr', 'fetch'] as const

it.each(pairs(toRows([...bodies, ...options].filter(inThisPage)), adapters))(
  'replays the same request in a page: $name, over $transport',
  ({ transport, config }) => expectEqualReplay(transport, config)
)

describe.each(adapters)('a replay over %s in a page', (adapter) => {
  it('sends the XSRF header again, with the configured names', async () => {
    const { auth, bare, resolve, requests, headerOf } = await setUpReplay(adapter)
    // biome-ignore lint/suspicious/noDocumentCookie: axios reads it from there
    document.cookie = 'own-xsrf=secret'
    const config = resolve({
      withXSRFToken: true,
      xsrfCookieName: 'own-xsrf',
      xsrfHeaderName: 'X-Own-XSRF'
    })
    await auth.axios(config)
    await bare(config)
    expect(requests.map((request) => headerOf(request, 'x-own-xsrf'))).toEqual(
      Array(3).fill('secret')
    )
  })

  it('keeps tokens out of printed errors', async () => {
    expectInPageConsole(/ 500 \(Internal Server Error\)$/, /^Error: socket hang up/)
    const { auth, url } = await setUpReplay(adapter, (_, response, nth) => {
      if (nth === 1) response.writeHead(500).end()
      else response.destroy()
    })
    for (let failure = 0; failure < 2; failure += 1) {
      const error = await auth.axios.get(url).catch((reason) => reason)
      expect(isAxiosError(error)).toBe(true)
      expect(inspect(error, { depth: 20 })).not.toContain('token-1')
      expect(JSON.stringify(error)).not.toContain('token-1')
    }
  })
})
