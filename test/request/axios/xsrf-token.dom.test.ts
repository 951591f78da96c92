// @vitest-environment happy-dom
// `withXSRFToken` in a page: if it is a function, axios passes the config to it, without the token.
import axios, { type AxiosRequestConfig, type InternalAxiosRequestConfig } from 'axios'
import { createAuthClient } from 'everbearer'
import { expect, it, onTestFinished } from 'vitest'
import { startRecordingServer } from '../../support/setups/recording-server.ts'
import { setUpReplay } from '../../support/tables/replay-cases.ts'

it.each(['xhr', 'fetch'] as const)(
  'hides the token from withXSRFToken, over %s',
  async (adapter) => {
    const { auth, url } = await setUpReplay(adapter, (_, response) => response.end('{}'))
    const seen: unknown[] = []
    await auth.axios.get(url, {
      withXSRFToken(config) {
        seen.push(config.headers.get('Authorization') ?? undefined)
        return undefined
      }
    })
    expect(seen).toEqual([undefined])
  }
)

it.each(['xhr', 'fetch'] as const)(
  'hides a token in another header from withXSRFToken, over %s',
  async (adapter) => {
    const { url, requests, headerOf } = await startRecordingServer((_, response) =>
      response.end('{}')
    )
    const attach = { header: 'X-Auth-Token', scheme: '' }
    const auth = createAuthClient({ baseURL: url, restore: 'never', contract: { attach } })
    onTestFinished(auth.dispose)
    await auth.login(async () => ({ access_token: 'token-1' }))
    const seen: unknown[] = []
    const withXSRFToken: AxiosRequestConfig['withXSRFToken'] = ({ headers }) => {
      seen.push(headers.get('X-Auth-Token') ?? undefined)
      return undefined
    }
    await auth.axios.get('/', { adapter, withXSRFToken })
    expect(seen).toEqual([undefined])
    expect(headerOf(requests[0], 'X-Auth-Token')).toBe('token-1')
  }
)

it('sends a header that withXSRFToken sets', async () => {
  const { url, requests, headerOf } = await startRecordingServer((_, response) =>
    response.end('{}')
  )
  const auth = createAuthClient({ baseURL: url, restore: 'never' })
  onTestFinished(auth.dispose)
  await auth.login(async () => ({ access_token: 'token-1' }))
  const withXSRFToken = (config: InternalAxiosRequestConfig) => {
    config.headers.set('X-Own', '1')
    return false
  }
  for (const api of [axios.create({ baseURL: url }), auth.axios])
    await api.get('/', { withXSRFToken })
  expect(requests.map((request) => headerOf(request, 'X-Own'))).toEqual(['1', '1'])
})
