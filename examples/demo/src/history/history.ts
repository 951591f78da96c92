// History since the page loaded: one immutable record, the source of all that the page shows.
import type { RefreshReason } from 'everbearer'
import { useSyncExternalStore } from 'react'
import type { KeyLife, ServerCall } from '../../demo-facts.ts'

/** How a token was received, or what replaced it. */
export type TokenWay = 'sign-in' | 'restore' | 'refresh' | 're-issue'

export interface TokenLife {
  readonly generation: number
  readonly kid: string
  readonly receivedAtMs: number
  readonly lifetimeSeconds: number
  readonly came: TokenWay
  readonly endedAtMs?: number
  readonly endedBy?: TokenWay | 'sign-out'
}

export interface RefreshRun {
  readonly id: number
  readonly atMs: number
  readonly reason: RefreshReason
  readonly outcome: 'pending' | 'refreshed' | 'failed' | 'refused' | 'no-session'
}

export interface AppCall {
  readonly id: number
  readonly atMs: number
  /** `dropped`: the session ended while the call was in flight. */
  readonly outcome: 'pending' | 'ok' | 'failed' | 'dropped'
}

/** A flag on the timeline: an action on the server or the page. */
export interface Mark {
  readonly atMs: number
  readonly label: string
}

export type Tone = 'plain' | 'good' | 'token' | 'key' | 'alert'

export interface LogEntry {
  readonly id: number
  readonly atMs: number
  readonly tone: Tone
  readonly text: string
}

export interface Counts {
  readonly requests: number
  readonly failed: number
  readonly refreshes: number
  readonly reissues: number
  readonly tokens: number
  readonly signIns: number
}

export interface History {
  readonly accessTokenSeconds: number
  readonly email: string | undefined
  readonly tokens: readonly TokenLife[]
  readonly refreshes: readonly RefreshRun[]
  readonly appCalls: readonly AppCall[]
  readonly serverCalls: readonly ServerCall[]
  readonly keys: readonly KeyLife[]
  readonly marks: readonly Mark[]
  readonly log: readonly LogEntry[]
  readonly counts: Counts
}

/** Longer than the timeline shows at any width; older entries are deleted. */
const keptMs = 100_000
const keptLogEntries = 80

export const loadedAtMs: number = Date.now()

let history: History = {
  accessTokenSeconds: 30,
  email: undefined,
  tokens: [],
  refreshes: [],
  appCalls: [],
  serverCalls: [],
  keys: [],
  marks: [{ atMs: loadedAtMs, label: 'page loaded' }],
  log: [],
  counts: { requests: 0, failed: 0, refreshes: 0, reissues: 0, tokens: 0, signIns: 0 }
}
let nextId = 1
let isNotifying = false
const listeners = new Set<() => void>()

export const currentHistory = (): History => history

export const newId = (): number => nextId++

export function change(with_: (history: History) => Partial<History>): void {
  history = { ...history, ...with_(history) }
  if (isNotifying) return
  isNotifying = true
  // One render for all changes of a task.
  queueMicrotask(() => {
    isNotifying = false
    for (const listener of listeners) listener()
  })
}

export function count(name: keyof Counts): void {
  change(({ counts }) => ({ counts: { ...counts, [name]: counts[name] + 1 } }))
}

/** A burst may repeat a sentence. It then stands in the log once. */
export function say(tone: Tone, text: string): void {
  const entry = { id: newId(), atMs: Date.now(), tone, text }
  change(({ log }) =>
    log[0]?.text === text ? {} : { log: [entry, ...log].slice(0, keptLogEntries) }
  )
}

export function mark(label: string): void {
  change(({ marks }) => ({ marks: append(marks, { atMs: Date.now(), label }) }))
}

/** Adds an entry and removes those that are no longer visible. */
export function append<Entry extends { readonly atMs: number }>(
  list: readonly Entry[],
  entry: Entry
): readonly Entry[] {
  const sinceMs = Date.now() - keptMs
  const isStale = (list[0]?.atMs ?? sinceMs) < sinceMs - 10_000
  return [...(isStale ? list.filter(({ atMs }) => atMs >= sinceMs) : list), entry]
}

/** Selects a part of the history. The component re-renders when that part changes. */
export function useHistory<Part>(select: (history: History) => Part): Part {
  return useSyncExternalStore(subscribe, () => select(history))
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
