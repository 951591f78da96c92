// Page controlled by a test: creates clients, sends requests, and returns the results.
import type { AxiosRequestConfig } from 'axios'
import {
  type AuthClient,
  type AuthClientOptions,
  type AuthContract,
  createAuthClient
} from 'everbearer'
import { polluted } from '../../../support/tables/prototype-pollution.ts'

export type PageTransport = 'xhr' | 'fetch' | 'fetch without redirects'

export interface PageCall {
  readonly url: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface PageAnswer {
  /** `undefined` if there was no answer. */
  readonly status: number | undefined
  readonly body: string
  /** The header of a re-issued token, as the app sees it. */
  readonly authorization: string | undefined
  readonly error: string | undefined
}

/** The options that a test can pass to the page. */
export type PageOptions = Omit<AuthClientOptions, 'platform' | 'contract' | 'refreshTokenStore'> & {
  readonly contract?: Pick<AuthContract, 'attach'>
}

/** A property from `prototype-pollution.ts`. */
export interface Pollution {
  readonly kind: keyof typeof polluted
  readonly name: string
}

export interface PageEvent {
  readonly name: string
  readonly refusal: string | undefined
}

declare global {
  interface Window {
    readonly page: {
      /** Replaces the previous client. */
      create(options: PageOptions): void
      readonly auth: AuthClient
      readonly events: readonly PageEvent[]
      send(transport: PageTransport, call: PageCall): Promise<PageAnswer>
      /** The code of the error, or the result as JSON. */
      attempt(method: 'refresh' | 'logout'): Promise<string>
      attemptLogin(credentials: object): Promise<string>
      /** Runs a whole session while `Object.prototype` is polluted with the given property. */
      live(transport: PageTransport, baseURL: string, pollution?: Pollution): Promise<unknown>
    }
  }
}

const transports: Readonly<Record<PageTransport, AxiosRequestConfig>> = {
  xhr: { adapter: 'xhr' },
  fetch: { adapter: 'fetch' },
  'fetch without redirects': { adapter: 'fetch', fetchOptions: { redirect: 'error' } }
}

let auth: AuthClient | undefined
let events: PageEvent[] = []

function current(): AuthClient {
  if (auth === undefined) throw new Error('create a client first')
  return auth
}

const codeOf = (error: unknown) => String(Reflect.get(Object(error), 'code'))

const page: Window['page'] = {
  create(options) {
    auth?.dispose()
    const created = createAuthClient(options)
    const seen: PageEvent[] = []
    for (const name of ['signed-in', 'refreshed', 'reissued', 'signed-out'] as const) {
      created.on(name, () => seen.push({ name, refusal: undefined }))
    }
    created.on('reissue-refused', ({ refusal }) => seen.push({ name: 'reissue-refused', refusal }))
    auth = created
    events = seen
  },
  get auth() {
    return current()
  },
  get events() {
    return events
  },
  async send(transport, call) {
    // A copy without a prototype, because `Object.prototype` may be polluted.
    const own: PageCall = Object.assign(Object.create(null), call)
    const { url, method = 'GET', headers = {}, body } = own
    const config: AxiosRequestConfig = { ...transports[transport], url, method, headers }
    if (body !== undefined) config.data = body
    // Every status resolves.
    const options = { validateStatus: () => true, transformResponse: (text: unknown) => text }
    try {
      const answer = await current().axios.request({ ...config, ...options })
      const header = Object.entries(answer.headers).find(([name]) => /^authorization$/i.test(name))
      const text = header && String(header[1])
      return {
        status: answer.status,
        body: String(answer.data),
        authorization: text,
        error: undefined
      }
    } catch (error) {
      return { status: undefined, body: '', authorization: undefined, error: codeOf(error) }
    }
  },
  async attempt(method) {
    return current()
      [method]()
      .then((result) => JSON.stringify(result) ?? 'done', codeOf)
  },
  async attemptLogin(credentials) {
    return current()
      .login(credentials)
      .then(() => 'done', codeOf)
  },
  async live(transport, baseURL, pollution) {
    const value = pollution && polluted[pollution.kind][pollution.name]
    if (pollution !== undefined) {
      const property = { value, configurable: true, enumerable: true, writable: true }
      Object.defineProperty(Object.prototype, pollution.name, property)
    }
    try {
      return await live(transport, baseURL)
    } finally {
      if (pollution !== undefined) Reflect.deleteProperty(Object.prototype, pollution.name)
    }
  }
}

async function live(transport: PageTransport, baseURL: string): Promise<unknown> {
  const seen: unknown[] = []
  const send = async (call: PageCall) => seen.push(await page.send(transport, call))
  page.create({ baseURL, restore: 'never', spreadRefreshes: false })
  seen.push(await page.attemptLogin({ email: 'ada@example.com', password: 'lovelace' }))
  await send({ url: '/items?page=2' })
  await send({ url: '/items', method: 'POST', body: '{"name":"berry"}' })
  await send({ url: 'https://evil.example/items', method: 'PUT', body: 'text' })
  await send({ url: '/rotate' })
  await send({ url: '/items' })
  await send({ url: '/revoke' })
  await send({ url: '/items', method: 'PATCH', body: 'text' })
  // The other claims of the user differ in each session.
  const state = () => ({ ...current().getState(), user: current().getState().user?.sub })
  seen.push(await page.attempt('refresh'), state())
  seen.push(await page.attempt('logout'), state())
  await send({ url: '/items' })
  seen.push(events.map(({ name, refusal }) => [name, refusal]))
  return seen
}

Object.defineProperty(window, 'page', { value: page })
