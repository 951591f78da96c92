// A page that does as it is told: makes clients, sends requests in every way there is, and says what it saw.
import type { AxiosRequestConfig } from 'axios'
import { type AuthClient, type AuthClientOptions, createAuthClient } from 'everbearer'

export type PageTransport = 'xhr' | 'fetch' | 'fetch without redirects'

export interface PageCall {
  readonly url: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
}

export interface PageAnswer {
  /** `undefined` where there was no answer. */
  readonly status: number | undefined
  readonly body: string
  /** The header in which tokens are re-issued, as the app sees it. */
  readonly authorization: string | undefined
  readonly error: string | undefined
}

/** What can be told to a page from outside. */
export type PageOptions = Omit<AuthClientOptions, 'platform' | 'renewWith' | 'parseTokenResponse'>

export interface PageEvent {
  readonly name: string
  readonly refusal: string | undefined
}

declare global {
  interface Window {
    readonly page: {
      /** Takes the place of the client before. */
      create(options: PageOptions): void
      readonly auth: AuthClient
      readonly events: readonly PageEvent[]
      send(transport: PageTransport, call: PageCall): Promise<PageAnswer>
      /** Code of the error, or what came of it. */
      attempt(method: 'refresh' | 'logout'): Promise<string>
      attemptLogin(credentials: object): Promise<string>
      /** Keeps a property on Object.prototype while `run` goes on. */
      pollute<Result>(name: string, value: unknown, run: () => Promise<Result>): Promise<Result>
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
    for (const name of ['signed-in', 'renewed', 'reissued', 'signed-out'] as const) {
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
  async send(transport, { url, method = 'GET', headers = {}, body }) {
    const config: AxiosRequestConfig = { ...transports[transport], url, method, headers }
    if (body !== undefined) config.data = body
    // Any answer is an answer.
    const options = { validateStatus: () => true, transformResponse: (text: unknown) => text }
    try {
      const answer = await current().axios.request({ ...config, ...options })
      const { authorization } = answer.headers
      const text = typeof authorization === 'string' ? authorization : undefined
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
  async pollute(name, value, run) {
    Object.defineProperty(Object.prototype, name, {
      value,
      configurable: true,
      enumerable: true,
      writable: true
    })
    try {
      return await run()
    } finally {
      Reflect.deleteProperty(Object.prototype, name)
    }
  }
}

Object.defineProperty(window, 'page', { value: page })
