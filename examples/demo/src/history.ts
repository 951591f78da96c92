// What has happened since the page loaded: one immutable record, from which everything on the page is drawn.
import type { RefreshReason } from 'everbearer'
import { useSyncExternalStore } from 'react'
import type { KeyLife, ServerCall } from '../demo-facts.ts'

/** How a token came, and how it was replaced. */
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
  /** `dropped`: the user signed out while it was on its way. */
  readonly outcome: 'pending' | 'ok' | 'failed' | 'dropped'
}

/** Something that was done to the server, or to the page. */
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

/** Left of the picture at any width; what is older is forgotten. */
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
let isTelling = false
const listeners = new Set<() => void>()

export const currentHistory = (): History => history

export const newId = (): number => nextId++

export function change(with_: (history: History) => Partial<History>): void {
  history = { ...history, ...with_(history) }
  if (isTelling) return
  isTelling = true
  // Twenty answers in one go are one rendering.
  queueMicrotask(() => {
    isTelling = false
    for (const listener of listeners) listener()
  })
}

export function count(name: keyof Counts): void {
  change(({ counts }) => ({ counts: { ...counts, [name]: counts[name] + 1 } }))
}

export function say(tone: Tone, text: string): void {
  const entry = { id: newId(), atMs: Date.now(), tone, text }
  change(({ log }) => ({ log: [entry, ...log].slice(0, keptLogEntries) }))
}

export function mark(label: string): void {
  change(({ marks }) => ({ marks: append(marks, { atMs: Date.now(), label }) }))
}

/** The list with one more entry and without those that have left the picture. */
export function append<Entry extends { readonly atMs: number }>(
  list: readonly Entry[],
  entry: Entry
): readonly Entry[] {
  const sinceMs = Date.now() - keptMs
  const isStale = (list[0]?.atMs ?? sinceMs) < sinceMs - 10_000
  return [...(isStale ? list.filter(({ atMs }) => atMs >= sinceMs) : list), entry]
}

/** One part of the record; the component renders again when that part changes. */
export function useHistory<Part>(select: (history: History) => Part): Part {
  return useSyncExternalStore(subscribe, () => select(history))
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener)
  return () => listeners.delete(listener)
}
