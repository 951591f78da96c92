// hey-api: the axios client that `@hey-api/openapi-ts` copies into a project, over `auth.axios`.
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import type { AxiosInstance } from 'axios'
import { expect, it } from 'vitest'
import { ada, setUpClient } from '../support/setups/test-client.ts'
import { apiOrigin } from '../support/setups/virtual-browser.ts'

/** The part of the client that the tests use. */
interface HeyApiClient {
  get(options: { url: string; throwOnError?: boolean }): Promise<HeyApiResult>
}

interface HeyApiResult {
  readonly data?: { readonly email?: string }
  readonly error?: unknown
  readonly code?: string
  readonly config?: { readonly url?: string }
}

interface ClientModule {
  createClient(options: { axios: AxiosInstance; baseURL: string }): HeyApiClient
}

/** The package does not export these files. The generator copies them. */
function importClient(): Promise<ClientModule> {
  const manifest = createRequire(import.meta.url).resolve('@hey-api/openapi-ts/package.json')
  return import(/* @vite-ignore */ join(dirname(manifest), 'dist/clients/axios/index.ts'))
}

async function setUp() {
  const setup = setUpClient()
  await setup.auth.login(ada)
  const { createClient } = await importClient()
  const client = createClient({ axios: setup.auth.axios, baseURL: apiOrigin })
  return { ...setup, client }
}

it('refreshes once if the server refuses the token of concurrent calls', async () => {
  const { client, server, callsTo } = await setUp()
  server.revokeAccessTokens()
  const results = await Promise.all(['/me', '/a', '/me'].map((url) => client.get({ url })))
  expect(results[0]?.data).toMatchObject({ email: ada.email })
  expect(results.map(({ error }) => error)).toEqual([undefined, undefined, undefined])
  expect(callsTo('refresh')).toHaveLength(1)
})

it('returns or throws the error of the client, with its code and config', async () => {
  const { client, server, browser } = await setUp()
  server.revokeAccessTokens()
  browser.intercept('/refresh', { kind: 'unreachable' })
  const facts = { code: 'ERR_AUTH_NETWORK', config: { url: `${apiOrigin}/me` } }
  const returned = await client.get({ url: '/me' })
  expect(returned).toMatchObject(facts)
  expect(returned.error).toEqual({})
  await expect(client.get({ url: '/me', throwOnError: true })).rejects.toMatchObject(facts)
})
