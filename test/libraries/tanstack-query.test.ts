// TanStack Query: query functions over the client, which retries and cancels them.
import { QueryClient } from '@tanstack/query-core'
import { isAuthError } from 'everbearer'
import { expect, it, onTestFinished } from 'vitest'
import { ada, setUpClient } from '../support/setups/test-client.ts'

async function setUp() {
  const setup = setUpClient()
  const { auth, browser } = setup
  await auth.login(ada)
  const queries = new QueryClient()
  queries.mount()
  auth.on('signed-out', () => queries.clear())
  onTestFinished(() => queries.unmount())
  let attempts = 0
  const fetchPath = (path: string) =>
    queries.fetchQuery({
      queryKey: [path],
      queryFn: async ({ signal }) => {
        attempts += 1
        return (await auth.axios.get(path, { signal })).data
      },
      retry: (count, error) => !isAuthError(error) && count < 3,
      retryDelay: 0
    })
  const sentTo = (path: string) => browser.requests.filter(({ url }) => url.endsWith(path)).length
  return { ...setup, queries, fetchPath, sentTo, attempts: () => attempts }
}

it('refreshes once if the server refuses the token of concurrent queries', async () => {
  const { server, callsTo, fetchPath, attempts } = await setUp()
  server.revokeAccessTokens()
  const answers = await Promise.all(['/me', '/a', '/b'].map(fetchPath))
  expect(answers).toHaveLength(3)
  expect(callsTo('refresh')).toHaveLength(1)
  expect(attempts()).toBe(3)
})

it('repeats a failed request, but no request that failed with its refresh, if `retry` says so', async () => {
  const { server, browser, fetchPath, attempts, sentTo } = await setUp()
  browser.intercept('/a', { kind: 'unreachable' }, 1)
  await fetchPath('/a')
  expect(attempts()).toBe(2)
  server.revokeAccessTokens()
  browser.intercept('/refresh', { kind: 'unreachable' })
  const error = await fetchPath('/b').catch((failure) => failure)
  expect(error).toMatchObject({ code: 'ERR_AUTH_NETWORK', config: { url: '/b' } })
  expect(attempts()).toBe(3)
  expect(sentTo('/refresh')).toBe(1)
})

it('cancels a query that waits for a refresh, but not the refresh', async () => {
  const { server, browser, callsTo, queries, fetchPath } = await setUp()
  server.revokeAccessTokens()
  const gate = browser.hold('/refresh')
  const outcome = fetchPath('/a').catch((error: unknown) => error)
  await gate.arrived(1)
  await queries.cancelQueries({ queryKey: ['/a'] })
  expect(await outcome).toMatchObject({ message: expect.stringMatching(/cancel/i) })
  gate.release()
  await fetchPath('/me')
  expect(callsTo('refresh')).toHaveLength(1)
})

it('keeps no answer of a user who has signed out, with clear() on `signed-out`', async () => {
  const { auth, queries, fetchPath } = await setUp()
  await fetchPath('/me')
  expect(queries.getQueryData(['/me'])).toMatchObject({ email: ada.email })
  await auth.logout()
  expect(queries.getQueryData(['/me'])).toBe(undefined)
})
