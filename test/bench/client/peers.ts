// Peer contenders: two plugins as their READMEs use them, and the interceptor of tutorials.
import axios, { type AxiosError, type AxiosInstance, type InternalAxiosRequestConfig } from 'axios'
import { loadPeer } from '../peers/load.ts'
import { baseURL, type Contender, createStorage, type Situation } from './contenders.ts'

type Refresh = NonNullable<Situation['refresh']>
type Attempt = InternalAxiosRequestConfig & { isRetry?: boolean }

interface AuthRefreshModule {
  createAuthRefresh(
    instance: AxiosInstance,
    refresh: (failed: AxiosError) => Promise<void>,
    options?: { readonly deduplicateRefresh: boolean }
  ): number
}

interface AxiosJwtModule {
  applyAuthTokenInterceptor(
    instance: AxiosInstance,
    options: { readonly requestRefresh: Refresh; readonly getStorage: () => object }
  ): void
  setAuthTokens(tokens: {
    readonly accessToken: string
    readonly refreshToken: string
  }): Promise<void>
}

const cannotRefresh: Refresh = () => Promise.reject(new Error('the server is not available'))

/** An instance with the request interceptor of the README of axios-auth-refresh. */
function createInstance(adapter: Situation['adapter'], getToken: () => string): AxiosInstance {
  const instance = axios.create({ baseURL, adapter })
  instance.interceptors.request.use((request) => {
    request.headers.Authorization = `Bearer ${getToken()}`
    return request
  })
  return instance
}

function authRefresh(name: string, deduplicateRefresh: boolean): Contender {
  return {
    name,
    async open({ adapter, token, refresh = cannotRefresh }) {
      const { createAuthRefresh } = (await loadPeer('axios-auth-refresh')) as AuthRefreshModule
      let current = token
      const instance = createInstance(adapter, () => current)
      createAuthRefresh(
        instance,
        async (failed) => {
          current = await refresh()
          if (failed.response) failed.response.config.headers.Authorization = `Bearer ${current}`
        },
        { deduplicateRefresh }
      )
      return { instance }
    }
  }
}

const axiosJwt: Contender = {
  name: 'axios-jwt',
  async open({ adapter, token, refresh = cannotRefresh }) {
    const { applyAuthTokenInterceptor, setAuthTokens } = (await loadPeer(
      'axios-jwt'
    )) as AxiosJwtModule
    const instance = axios.create({ baseURL, adapter })
    const { getItem, setItem, removeItem } = createStorage()
    // As `getBrowserLocalStorage` of axios-jwt wraps `localStorage`.
    const storage = {
      get: async (key: string) => getItem(key),
      set: async (key: string, value: string) => setItem(key, value),
      remove: async (key: string) => removeItem(key)
    }
    applyAuthTokenInterceptor(instance, { requestRefresh: refresh, getStorage: () => storage })
    await setAuthTokens({ accessToken: token, refreshToken: 'refresh-token' })
    return { instance }
  }
}

const tutorial: Contender = {
  name: 'tutorial interceptor',
  open({ adapter, token, refresh = cannotRefresh }) {
    let current = token
    let isRefreshing = false
    let failedQueue: { resolve(token: string): void; reject(error: unknown): void }[] = []
    const instance = createInstance(adapter, () => current)
    instance.interceptors.response.use(null, async (error: AxiosError) => {
      const original = error.config as Attempt | undefined
      if (original === undefined || error.response?.status !== 401 || original.isRetry) throw error
      original.isRetry = true
      if (isRefreshing) {
        current = await new Promise<string>((resolve, reject) => {
          failedQueue.push({ resolve, reject })
        })
        return instance(original)
      }
      isRefreshing = true
      try {
        current = await refresh()
        for (const { resolve } of failedQueue) resolve(current)
      } catch (failure) {
        for (const { reject } of failedQueue) reject(failure)
        throw failure
      } finally {
        failedQueue = []
        isRefreshing = false
      }
      return instance(original)
    })
    return { instance }
  }
}

export const peers: readonly Contender[] = [
  authRefresh('axios-auth-refresh', true),
  axiosJwt,
  tutorial
]

/** The same plugin with the option that lets each refused request ask for a token. */
export const undeduplicated: Contender = authRefresh('axios-auth-refresh, all ask', false)
