// Contenders of the client benchmark: bare axios, hand-written floors, and everbearer. Each one
// gives an axios instance that attaches a token.
import axios, { type AxiosAdapter, type AxiosInstance } from 'axios'
import { createAuthClient, type Platform } from 'everbearer'
import { issueTimeOfExpired } from './tokens.ts'

export const baseURL = 'https://api.example'

/** The situation in which a contender begins. */
export interface Situation {
  readonly adapter: AxiosAdapter | 'xhr'
  /** The token that the contender holds. */
  readonly token: string
  readonly isExpired?: boolean
  /** Asks the server for a new token. Rejects if the server is not available. */
  readonly refresh?: () => Promise<string>
  /** Replaces parts of the environment of the client, such as its clock. */
  readonly platform?: Partial<Platform>
}

export interface Opened {
  readonly instance: AxiosInstance
  dispose?(): void
}

export interface Contender {
  readonly name: string
  open(situation: Situation): Opened | Promise<Opened>
}

export const bare: Contender = {
  name: 'bare axios',
  open: ({ adapter }) => ({ instance: axios.create({ baseURL, adapter }) })
}

/** Bare axios with a constant header, for storms in which the server checks the token. */
export const bareWithHeader: Contender = {
  name: 'bare axios with a header',
  open: ({ adapter, token }) => ({
    instance: axios.create({ baseURL, adapter, headers: { Authorization: `Bearer ${token}` } })
  })
}

// The least work of a client that attaches below the interceptors and reads a re-issued token.
const inAdapter: Contender = {
  name: 'floor: in the adapter',
  open({ adapter, token }) {
    const send = axios.getAdapter(adapter)
    const credential = `Bearer ${token}`
    const instance = axios.create({
      baseURL,
      async adapter(config) {
        config.headers.Authorization = credential
        const response = await send(config)
        Reflect.get(response.headers, 'authorization')
        return response
      }
    })
    return { instance }
  }
}

const inInterceptors: Contender = {
  name: 'floor: in interceptors',
  open({ adapter, token }) {
    const instance = axios.create({ baseURL, adapter })
    instance.interceptors.request.use(
      (config) => {
        config.headers.Authorization = `Bearer ${token}`
        return config
      },
      null,
      { synchronous: true }
    )
    instance.interceptors.response.use(
      (response) => response,
      (error) => Promise.reject(error)
    )
    return { instance }
  }
}

export const everbearer: Contender = {
  name: 'everbearer',
  async open({ adapter, token, isExpired = false, refresh, platform = {} }) {
    const { now = Date.now } = platform
    let isOpen = false
    const auth = createAuthClient({
      baseURL,
      initialToken: { access_token: token },
      platform: {
        storage: createStorage(),
        async fetch() {
          const accessToken = await refresh?.().catch(() => undefined)
          return accessToken === undefined
            ? new Response(null, { status: 503 })
            : Response.json({ access_token: accessToken, token_type: 'Bearer' })
        },
        ...platform,
        // The client begins when its token is new, and the device then sleeps until now.
        now: () => (isExpired && !isOpen ? issueTimeOfExpired(now()) : now())
      }
    })
    auth.axios.defaults.adapter = adapter
    await auth.ready()
    isOpen = true
    return { instance: auth.axios, dispose: auth.dispose }
  }
}

/** Storage of a page. Each request reads the record of the session in it. */
export function createStorage(): NonNullable<Platform['storage']> {
  const entries = new Map<string, string>()
  return {
    getItem: (key) => entries.get(key) ?? null,
    setItem: (key, value) => void entries.set(key, value),
    removeItem: (key) => void entries.delete(key)
  }
}

export const floors: readonly Contender[] = [inAdapter, inInterceptors]
