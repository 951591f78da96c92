// Fake API: accepts one access token, refreshes it, and counts both kinds of requests.
import type { AxiosResponse, InternalAxiosRequestConfig } from 'axios'
import { freshToken } from '../tokens.ts'
import { createAnswer, settle } from './network.ts'

export interface FakeApi {
  adapter(config: InternalAxiosRequestConfig): Promise<AxiosResponse>
  /** Issues a token. The API then accepts no other one. */
  refresh(): Promise<string>
  /** Accepts this token only; `undefined` accepts any request. */
  accept(token: string | undefined): void
  /** Lets each refresh fail. */
  breakRefresh(): void
  readonly counts: { sent: number; refreshes: number }
}

/** How long an answer takes. */
export interface Delays {
  /** Waits until the answer to the request with this number, from 1, arrives. */
  answer(arrive: () => void, request: number): void
  refresh(arrive: () => void): void
}

/** Answers arrive one macrotask later. */
export const nextTurn: Delays = {
  answer: (arrive) => void setImmediate(arrive),
  refresh: (arrive) => void setImmediate(arrive)
}

export function createFakeApi(delays: Delays = nextTurn): FakeApi {
  const counts = { sent: 0, refreshes: 0 }
  let accepted: string | undefined
  let canRefresh = true
  return {
    counts,
    adapter(config) {
      counts.sent += 1
      // The server decides when the request arrives, and not when its answer does.
      const isAccepted = accepted === undefined || config.headers.Authorization === accepted
      const request = counts.sent
      return new Promise((resolve, reject) => {
        delays.answer(() => {
          try {
            resolve(settle(createAnswer(config, isAccepted ? 200 : 401)))
          } catch (error) {
            reject(error)
          }
        }, request)
      })
    },
    async refresh() {
      counts.refreshes += 1
      await new Promise<void>((resolve) => delays.refresh(resolve))
      if (!canRefresh) throw new Error('the server is not available')
      const token = freshToken()
      accepted = `Bearer ${token}`
      return token
    },
    accept(token) {
      accepted = token === undefined ? undefined : `Bearer ${token}`
    },
    breakRefresh() {
      canRefresh = false
    }
  }
}
