// Storage of a browser profile, as Chromium keeps it: each process has a cache, and the browser
// process has the truth.
//
//   process 1 ── set a=1 ─────▶ own cache at once ── (milliseconds) ──▶ browser process ─┐
//   process 2 ◀─ its cache changes milliseconds later ◀──────────────────────────────────┘
//
//   A process ignores incoming values of a key while its own write of that key is on the way. The
//   write that arrives last at the browser process wins.
import type { PlatformStorage } from 'everbearer'
import type { ManualClock } from '../../support/clocks/manual-clock.ts'
import type { Draw } from './draws.ts'
import { createLink, type Link } from './link.ts'

export interface ProcessStorage extends PlatformStorage {
  clear(): void
  /** Calls the listener after another process has changed something. */
  onChange(listener: () => void): () => void
}

export interface ProfileStorage {
  openProcess(): ProcessStorage
  /** The header `Clear-Site-Data: "storage"` of an answer. */
  clearSiteData(): void
  /** The values in the browser process. */
  readonly entries: ReadonlyMap<string, string>
}

interface Process {
  readonly cache: Map<string, string>
  /** How many own writes of a key are on the way. */
  readonly pending: Map<string, number>
  readonly up: Link
  readonly down: Link
  readonly listeners: Set<() => void>
  pendingClears: number
}

/** A write takes at most this long to the browser process, and as long to the others. */
export const longestStorageLagMs = 20

export function createProfileStorage(clock: ManualClock, draw: Draw): ProfileStorage {
  const entries = new Map<string, string>()
  const processes = new Set<Process>()
  const lagMs = (label: string) => () => Math.floor(draw(label) ** 3 * (longestStorageLagMs + 1))

  function put(map: Map<string, string>, key: string, value: string | undefined): void {
    if (value === undefined) map.delete(key)
    else map.set(key, value)
  }

  function broadcast(
    from: Process | undefined,
    change: (other: Process) => void,
    arrived: (own: Process) => void
  ): void {
    for (const process of processes) {
      process.down.send(() => {
        if (process === from) return arrived(process)
        change(process)
        for (const listener of process.listeners) listener()
      })
    }
  }

  function write(process: Process, key: string, value: string | undefined): void {
    put(process.cache, key, value)
    process.pending.set(key, (process.pending.get(key) ?? 0) + 1)
    process.up.send(() => {
      put(entries, key, value)
      broadcast(
        process,
        (other) => {
          const isIgnored = other.pendingClears > 0 || (other.pending.get(key) ?? 0) > 0
          if (!isIgnored) put(other.cache, key, value)
        },
        (own) => own.pending.set(key, (own.pending.get(key) ?? 0) - 1)
      )
    })
  }

  function applyClear(from: Process | undefined): void {
    entries.clear()
    broadcast(
      from,
      (other) => {
        for (const key of [...other.cache.keys()]) {
          if ((other.pending.get(key) ?? 0) === 0) other.cache.delete(key)
        }
      },
      (own) => {
        own.pendingClears -= 1
      }
    )
  }

  return {
    entries,
    clearSiteData: () => applyClear(undefined),
    openProcess() {
      const name = `storage of process ${processes.size}`
      const process: Process = {
        cache: new Map(entries),
        pending: new Map(),
        up: createLink(clock, lagMs(`${name}, up`)),
        down: createLink(clock, lagMs(`${name}, down`)),
        listeners: new Set(),
        pendingClears: 0
      }
      processes.add(process)
      return {
        getItem: (key) => process.cache.get(key) ?? null,
        setItem: (key, value) => write(process, key, value),
        removeItem: (key) => {
          if (process.cache.has(key)) write(process, key, undefined)
        },
        clear() {
          process.cache.clear()
          process.pendingClears += 1
          process.up.send(() => applyClear(process))
        },
        onChange(listener) {
          process.listeners.add(listener)
          return () => process.listeners.delete(listener)
        }
      }
    }
  }
}
