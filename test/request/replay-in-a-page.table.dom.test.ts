// I7 in a page: the replay equals the first request, and both equal a request of bare axios.
import { inspect } from 'node:util'
import { isAxiosError } from 'axios'
import { describe, expect, it } from 'vitest'
import {
  arrange,
  bodies,
  expectSameTwice,
  options,
  type ReplayCase
} from '../support/tables/replay-cases.ts'

// happy-dom's XHR sends the body of a DELETE without its length, so servers cannot read it.
const inThisPage = ([name]: ReplayCase) => name !== 'a DELETE with a body'

describe.each(['xhr', 'fetch'] as const)('over %s', (adapter) => {
  it.each([...bodies, ...options].filter(inThisPage))('sends twice the same: %s', (_, config) =>
    expectSameTwice(adapter, config)
  )

  it('sends the XSRF header twice, with the configured names', async () => {
    const { auth, bare, resolve, requests, headerOf } = await arrange(adapter)
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
    const { auth, url } = await arrange(adapter, (_, response, nth) => {
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
