// Contenders of the client benchmark: bare axios, hand-written floors, peers, and everbearer. Each
// one gives an axios instance that attaches a token.
import axios, { type AxiosAdapter, AxiosHeaders, type AxiosInstance } from 'axios'
import { createAuthClient } from 'everbearer'

const baseURL = 'https://api.example'

export interface Contender {
  readonly name: string
  /** Creates the instance. Its requests end in `adapter`. */
  create(adapter: AxiosAdapter, token: string): AxiosInstance | Promise<AxiosInstance>
}

const bare: Contender = {
  name: 'bare axios',
  create: (adapter) => axios.create({ baseURL, adapter })
}

const inAdapter: Contender = {
  name: 'floor: in the adapter',
  create(adapter, token) {
    const credential = `Bearer ${token}`
    return axios.create({
      baseURL,
      async adapter(config) {
        config.headers.Authorization = credential
        const response = await adapter(config)
        Reflect.get(response.headers, 'authorization')
        return response
      }
    })
  }
}

const inInterceptors: Contender = {
  name: 'floor: in interceptors',
  create(adapter, token) {
    const instance = axios.create({ baseURL, adapter })
    instance.interceptors.request.use((config) => {
      config.headers.Authorization = `Bearer ${token}`
      return config
    })
    instance.interceptors.response.use(
      (response) => response,
      (error) => Promise.reject(error)
    )
    return instance
  }
}

const everbearer: Contender = {
  name: 'everbearer',
  async create(adapter, token) {
    const stored = new Map<string, string>()
    const auth = createAuthClient({
      baseURL,
      initialToken: { access_token: token, expires_in: 3_600 },
      platform: {
        // As in a page, each request reads the record of the session.
        storage: {
          getItem: (key) => stored.get(key) ?? null,
          setItem: (key, value) => void stored.set(key, value),
          removeItem: (key) => void stored.delete(key)
        }
      }
    })
    auth.axios.defaults.adapter = adapter
    await auth.ready()
    return auth.axios
  }
}

export const contenders: readonly Contender[] = [bare, inAdapter, inInterceptors, everbearer]

/** Answers as the XHR adapter of axios does, without a network. */
export const answerAtOnce: AxiosAdapter = async (config) => ({
  data: '{"id":1,"name":"Ada"}',
  status: 200,
  statusText: 'OK',
  headers: new AxiosHeaders({ 'content-type': 'application/json', 'content-length': '21' }),
  config,
  request: { responseURL: `${baseURL}${config.url}` }
})
