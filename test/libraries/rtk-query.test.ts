// RTK Query: a base query over `auth.axios`, as the documentation of Redux Toolkit writes it.
import { configureStore } from '@reduxjs/toolkit'
import { type BaseQueryFn, createApi } from '@reduxjs/toolkit/query'
import axios, { type AxiosRequestConfig } from 'axios'
import type { AuthClient } from 'everbearer'
import { expect, it } from 'vitest'
import { ada, setUpClient } from '../support/setups/test-client.ts'

interface Failure {
  readonly status: number | undefined
  readonly code: string | undefined
  readonly data: unknown
}

function axiosBaseQuery(auth: AuthClient): BaseQueryFn<AxiosRequestConfig, unknown, Failure> {
  return async (config, { signal }) => {
    try {
      return { data: (await auth.axios({ ...config, signal })).data }
    } catch (error) {
      if (!axios.isAxiosError(error)) throw error
      const { response, code, message } = error
      return { error: { status: response?.status, code, data: response?.data || message } }
    }
  }
}

async function setUp() {
  const setup = setUpClient()
  await setup.auth.login(ada)
  const api = createApi({
    baseQuery: axiosBaseQuery(setup.auth),
    endpoints: (build) => ({
      get: build.query<{ email?: string }, string>({ query: (url) => ({ url }) })
    })
  })
  const store = configureStore({
    reducer: { [api.reducerPath]: api.reducer },
    middleware: (defaults) => defaults().concat(api.middleware)
  })
  setup.auth.on('signed-out', () => store.dispatch(api.util.resetApiState()))
  const get = (url: string) => store.dispatch(api.endpoints.get.initiate(url))
  return { ...setup, api, store, get }
}

it('refreshes once if the server refuses the token of concurrent queries', async () => {
  const { server, callsTo, get } = await setUp()
  server.revokeAccessTokens()
  const results = await Promise.all(['/me', '/a', '/b'].map(get))
  expect(results.map(({ isSuccess }) => isSuccess)).toEqual([true, true, true])
  expect(callsTo('refresh')).toHaveLength(1)
})

it('stores the code of an error of the client, as plain data', async () => {
  const { server, browser, get } = await setUp()
  server.revokeAccessTokens()
  browser.intercept('/refresh', { kind: 'unreachable' })
  const { error } = await get('/me')
  expect(error).toEqual({
    status: undefined,
    code: 'ERR_AUTH_NETWORK',
    data: expect.stringContaining('refresh')
  })
})

it('keeps no answer of a user who has signed out, with resetApiState() on `signed-out`', async () => {
  const { auth, api, store, get } = await setUp()
  await get('/me')
  const cached = () => api.endpoints.get.select('/me')(store.getState()).data
  expect(cached()).toMatchObject({ email: ada.email })
  await auth.logout()
  expect(cached()).toBe(undefined)
})
