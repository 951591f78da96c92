// Transports: the ways in which an app sends a request through the client in Node.
import type { AxiosInstance, AxiosRequestConfig, AxiosResponse } from 'axios'
import axios from 'axios'
import oldestAxios from 'axios-oldest'
import type { AuthClient } from 'everbearer'

interface Call {
  readonly url: string
  readonly method?: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string
  readonly signal?: AbortSignal
}

export interface Answer {
  readonly status: number
  /** A response header as the app sees it. */
  header(name: string): unknown
  readonly body: unknown
}

export interface Transport {
  readonly name: string
  /** Whether it follows redirects, or rejects when one is answered. */
  readonly redirects: 'followed' | 'refused'
  /** The error it throws if there is no answer. */
  readonly failure: 'AxiosError' | 'TypeError'
  /** Resolves with an answer of any status. Rejects if there is no answer. */
  send(auth: AuthClient, call: Call): Promise<Answer>
}

/** A transport with further axios options and further instances. */
export interface AxiosTransport extends Transport {
  send(auth: AuthClient, call: Call, options?: AxiosRequestConfig): Promise<Answer>
  /** Creates an instance that is not attached. */
  create(config?: AxiosRequestConfig): AxiosInstance
}

const strict: AxiosRequestConfig = { adapter: 'fetch', fetchOptions: { redirect: 'error' } }
// The types of two versions differ, but not in the parts that `attach` uses.
const createOldest = oldestAxios.create as unknown as typeof axios.create

export const axiosTransports: readonly AxiosTransport[] = [
  createAxiosTransport('axios over http', 'followed', { adapter: 'http' }),
  createAxiosTransport('axios over fetch', 'followed', { adapter: 'fetch' }),
  createAxiosTransport('axios over fetch without redirects', 'refused', strict),
  // The client resolves the adapter with its own axios, which the project `oldest-axios` replaces.
  createAxiosTransport(
    'an instance of the oldest axios',
    'followed',
    { adapter: 'http' },
    createOldest
  )
]
/** All transports in Node. */
export const transports: readonly Transport[] = [
  ...axiosTransports,
  {
    name: 'auth.fetch',
    redirects: 'followed',
    failure: 'TypeError',
    async send(auth, { url, method = 'GET', headers = {}, body, signal }) {
      const init: RequestInit = { method, headers, body: body ?? null, signal: signal ?? null }
      // Without a page, `fetch` resolves no relative URL: use the base URL of the API.
      const response = await auth.fetch(new URL(url, auth.axios.defaults.baseURL).href, init)
      const text = await response.text()
      return {
        status: response.status,
        header: (name) => response.headers.get(name) ?? undefined,
        body: readBody(text)
      }
    }
  }
]

function createAxiosTransport(
  name: string,
  redirects: Transport['redirects'],
  defaults: AxiosRequestConfig,
  createInstance?: typeof axios.create
): AxiosTransport {
  const attached = new WeakMap<AuthClient, AxiosInstance>()
  const create = (config: AxiosRequestConfig = {}) =>
    (createInstance ?? axios.create)({ ...defaults, ...config })

  function instanceOf(auth: AuthClient): AxiosInstance {
    if (createInstance === undefined) return auth.axios
    const { baseURL = '' } = auth.axios.defaults
    const instance = attached.get(auth) ?? create({ baseURL })
    if (!attached.has(auth)) auth.attach(instance)
    attached.set(auth, instance)
    return instance
  }

  return {
    name,
    redirects,
    failure: 'AxiosError',
    create,
    async send(auth, { url, method = 'GET', headers = {}, body, signal }, options = {}) {
      const config: AxiosRequestConfig = { ...defaults, url, method, headers: { ...headers } }
      if (body !== undefined) config.data = body
      if (signal !== undefined) config.signal = signal
      return instanceOf(auth)
        .request({ ...config, ...options })
        .then(toAnswer, (error) => {
          if (!axios.isAxiosError(error) || error.response === undefined) throw error
          return toAnswer(error.response)
        })
    }
  }
}

function toAnswer({ status, headers, data }: AxiosResponse): Answer {
  const all = axios.AxiosHeaders.from(headers as never)
  return { status, header: (name) => all.get(name), body: data }
}

/** Parses JSON and returns other text unchanged, as axios does. */
function readBody(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
