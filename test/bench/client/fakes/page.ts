// Fake page: the environment of a client in a tab of one browser, on a manual clock.
import type { Platform, PlatformStorage, Wake } from 'everbearer'
import { createSharedLocks } from '../../../support/setups/shared-locks.ts'
import { createStorage } from '../contenders.ts'
import type { ManualTime } from './manual-time.ts'

interface FakePage {
  readonly platform: Partial<Platform>
  /** Shows the page again, or connects the device. */
  wake(wake: Wake): void
}

export interface FakeBrowser {
  openPage(): FakePage
}

interface Listener {
  readonly name: string
  readonly receive: (message: unknown) => void
}

export function createFakeBrowser(time: ManualTime): FakeBrowser {
  const listeners = new Set<Listener>()
  const storage: PlatformStorage = createStorage()
  const locks = createSharedLocks()

  function openPage(): FakePage {
    const wakers = new Set<(wake: Wake) => void>()
    return {
      wake(wake) {
        for (const listener of wakers) listener(wake)
      },
      platform: {
        ...time.platform,
        storage,
        locks: locks.forTab().locks,
        pageUrl: () => 'https://app.example/',
        isVisible: () => true,
        isOnline: () => true,
        referrerOrigin: () => undefined,
        onWake(listener) {
          wakers.add(listener)
          return () => void wakers.delete(listener)
        },
        openChannel(name, receive) {
          const own: Listener = { name, receive }
          listeners.add(own)
          return {
            post(message) {
              for (const listener of listeners) {
                if (listener === own || listener.name !== name) continue
                setImmediate(() => listener.receive(structuredClone(message)))
              }
            },
            close: () => void listeners.delete(own)
          }
        }
      }
    }
  }

  return { openPage }
}
