// @vitest-environment happy-dom
// In a page, axios hands its config to a `withXSRFToken` that is a function: without the token, as to everybody.
import { expect, it } from 'vitest'
import { arrange } from '../support/replay-cases.ts'

it.each(['xhr', 'fetch'] as const)('shows no token to withXSRFToken, over %s', async (adapter) => {
  const { auth, url } = await arrange(adapter, (_, response) => response.end('{}'))
  const seen: unknown[] = []
  await auth.axios.get(url, {
    withXSRFToken(config) {
      seen.push(config.headers.get('Authorization') ?? undefined)
      return undefined
    }
  })
  expect(seen).toEqual([undefined])
})
