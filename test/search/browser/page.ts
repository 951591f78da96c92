// Page of a browser profile: its life, and the platform and the axios adapter of its clients.
import { type AxiosAdapter, AxiosError, AxiosHeaders } from 'axios'
import type { Platform } from 'everbearer'
import type { WireResponse } from 'everbearer/mock'
import type { ManualClock } from '../../support/clocks/manual-clock.ts'
import type { ProfileChannels } from './channels.ts'
import type { ProfileLocks } from './locks.ts'
import {
  type NetworkAnswer,
  type NetworkRequest,
  type ProfileNetwork,
  pageOrigin
} from './network.ts'
import { createPageLife, type PageLife, type RunningPage } from './page-life.ts'
import type { ProcessStorage } from './storage.ts'
import { faultyStorage, type StorageFault } from './storage-faults.ts'

/** Called when a request of the page goes on. */
export interface WatchedRequest {
  /** The answer has reached the browser, or is lost. */
  finished(): void
  /** The page has the answer, or does not wait for it any more. */
  settled(outcome: NetworkAnswer | 'lost' | 'aborted'): void
}

export interface Page extends PageLife {
  readonly id: number
  readonly storage: ProcessStorage
  platformOf(network: ProfileNetwork, isSecond: boolean): Partial<Platform>
  adapterOf(network: ProfileNetwork, isSecond: boolean): AxiosAdapter
  setVisible(isVisible: boolean): void
  setSilentLocks(areSilent: boolean): void
}

export interface PageDeps {
  readonly id: number
  readonly referrer: string | undefined
  readonly clock: ManualClock
  readonly clocks: Pick<Platform, 'now' | 'monotonicNow'>
  readonly locks: ProfileLocks | undefined
  readonly channels: ProfileChannels | undefined
  readonly storage: ProcessStorage
  readonly storageFault: () => StorageFault | undefined
  readonly hooks: { onSend(request: NetworkRequest, isSecond: boolean): WatchedRequest }
  readonly random: () => number
  readonly randomId: () => string
}

type Send = (
  request: NetworkRequest,
  signal: AbortSignal | undefined,
  waitsForBody: boolean
) => Promise<NetworkAnswer>

export function createPage(deps: PageDeps): Page {
  const { id, clock, locks, channels, hooks, random, randomId } = deps
  const life = createPageLife(clock)
  let isVisible = true
  let areLocksSilent = false

  function sendOver(network: ProfileNetwork, isSecond: boolean): Send {
    return (request, signal, waitsForBody) => {
      if (life.isGone()) return new Promise(() => {})
      signal?.throwIfAborted()
      const watched = hooks.onSend(request, isSecond)
      return new Promise((resolve, reject) => {
        const close = (outcome: NetworkAnswer | 'lost' | 'aborted', settle: () => void) => {
          if (!life.connections.delete(cut)) return
          life.run(() => {
            watched.settled(outcome)
            settle()
          })
        }
        const cut = () => close('lost', () => reject(new TypeError('Failed to fetch')))
        life.connections.add(cut)
        const abort = () => close('aborted', () => reject(signal?.reason))
        signal?.addEventListener('abort', abort, { once: true })
        network
          .travel(request)
          .finally(watched.finished)
          .then((answer) => {
            const arrive = () => close(answer, () => resolve(answer))
            const isSlow = waitsForBody && answer.bodyAfterMs > 0
            if (isSlow) clock.platform.setTimer(arrive, answer.bodyAfterMs)
            else arrive()
          }, cut)
      })
    }
  }

  return {
    ...life,
    id,
    storage: deps.storage,
    setVisible(next) {
      isVisible = next
    },
    setSilentLocks(next) {
      areLocksSilent = next
    },
    adapterOf: (network, isSecond) => createAdapter(sendOver(network, isSecond)),
    platformOf: (network, isSecond) => ({
      ...deps.clocks,
      setTimer: life.setTimer,
      random,
      randomId,
      fetch: createFetch(sendOver(network, isSecond), life, clock),
      readCookie: () => undefined,
      referrerOrigin: () => deps.referrer,
      pageUrl: () => `${pageOrigin}/`,
      isVisible: () => isVisible,
      isOnline: network.isOnline,
      warn: () => {},
      onWake(listener) {
        life.wakers.add(listener)
        return () => life.wakers.delete(listener)
      },
      onPageHide(listener) {
        life.hiders.add(listener)
        return () => life.hiders.delete(listener)
      },
      onStorageChange: (listener) => deps.storage.onChange(() => life.run(listener)),
      // The promises of a page that is gone go on here, unlike in a browser.
      storage: faultyStorage(deps.storage, () => (life.isGone() ? 'null' : deps.storageFault())),
      locks: locks?.forPage({
        id,
        run: life.run,
        hasSilentLocks: () => areLocksSilent,
        onGone: (listener) => void life.goneListeners.add(listener)
      }),
      openChannel:
        channels &&
        ((name, onMessage) =>
          channels.open(
            id,
            name,
            (message) => life.run(() => onMessage(message)),
            () => !life.isGone()
          ))
    })
  }
}

function createFetch(send: Send, life: RunningPage, clock: ManualClock): Platform['fetch'] {
  return async (url, init) => {
    const { method = 'GET', headers, body, signal } = init
    const request = { method, url, headers: headers as Record<string, string>, body: String(body) }
    const { response, bodyAfterMs } = await send(request, signal ?? undefined, false)
    const content = bodyAfterMs === 0 ? response.body : slowBody(response, bodyAfterMs, life, clock)
    const facts = { status: response.status, headers: response.headers }
    return new Response(response.status === 204 ? null : content, facts)
  }
}

function slowBody(
  { body }: WireResponse,
  afterMs: number,
  { run }: RunningPage,
  clock: ManualClock
): ReadableStream<Uint8Array> {
  let isCancelled = false
  return new ReadableStream({
    start(controller) {
      const arrive = () => {
        if (isCancelled) return
        controller.enqueue(new TextEncoder().encode(body))
        controller.close()
      }
      clock.platform.setTimer(() => run(arrive), afterMs)
    },
    cancel() {
      isCancelled = true
    }
  })
}

function createAdapter(send: Send): AxiosAdapter {
  return async (config) => {
    const url = new URL(config.url ?? '', config.baseURL).href
    const headers = config.headers.toJSON() as Record<string, string>
    const method = (config.method ?? 'get').toUpperCase()
    const body = typeof config.data === 'string' ? config.data : ''
    const signal = config.signal as AbortSignal | undefined
    const { response: wire } = await send({ method, url, headers, body }, signal, true)
    const response = {
      status: wire.status,
      statusText: '',
      headers: new AxiosHeaders(Object.fromEntries(wire.headers)),
      data: wire.body,
      config,
      request: { responseURL: url }
    }
    if (config.validateStatus?.(wire.status) ?? true) return response
    const error = new AxiosError(`status ${wire.status}`, 'ERR_BAD_REQUEST', config)
    throw Object.assign(error, { response, status: wire.status, request: response.request })
  }
}
