// Token hunter: remembers fragments of every token of the mock and finds them in texts and values.
import { Readable } from 'node:stream'

/** Length of the fragments, so each part of a token with twice this length contains one. */
const pieceCharacters = 12
/** Runs of characters that occur in tokens, without those that join or quote them. */
const runs = /[\w-]{12,}/g
/** Limit for large object graphs, such as those of sockets. */
const mostObjects = 50_000

export interface CanaryHunter {
  /** Reports each later occurrence of this secret, or of a long part of it, as a leak. */
  learn(secret: string): void
  /** Searches a text. */
  readText(where: string, text: string): void
  /** Searches a value and all that its enumerable properties reach, as printing does. */
  readValue(where: string, value: unknown): void
  /** Adds a place that is searched at the end of each test. */
  addPlace(look: () => void): void
  /** Ignores earlier leaks in these places, for a test that puts a token there itself. */
  ignore(places: RegExp): void
  /**
   * Searches all places.
   * @throws Error that names every leak since the previous check
   */
  check(): void
  knownSecrets(): number
}

export function createCanaryHunter(): CanaryHunter {
  const pieces = new Set<string>()
  const leaks = new Set<string>()
  const places: (() => void)[] = []
  let secrets = 0
  let round: Set<object> | undefined

  function holdsSecret(text: string): boolean {
    if (pieces.size === 0 || text.length < pieceCharacters) return false
    for (const [run] of text.matchAll(runs)) {
      for (let at = 0; at + pieceCharacters <= run.length; at += 1) {
        if (pieces.has(run.slice(at, at + pieceCharacters))) return true
      }
    }
    return false
  }

  function readText(where: string, text: string): void {
    if (holdsSecret(text)) leaks.add(where)
  }

  return {
    learn(secret) {
      secrets += 1
      for (let at = 0; at + pieceCharacters <= secret.length; at += pieceCharacters) {
        pieces.add(secret.slice(at, at + pieceCharacters))
      }
    },
    readText,
    readValue(where, value) {
      if (pieces.size === 0) return
      const seen = round ?? new Set<object>()
      const open: Finding[] = []
      let objects = 0
      const note = (name: string, found: unknown, owner: Finding | undefined) => {
        if (typeof found === 'string') {
          if (holdsSecret(found)) leaks.add(toPath({ name, owner }))
        } else if (isGraph(found) && !seen.has(found) && objects < mostObjects) {
          seen.add(found)
          objects += 1
          open.push({ name, value: found, owner })
        }
      }
      note(where, value, undefined)
      for (let next = open.pop(); next !== undefined; next = open.pop()) {
        for (const [name, member] of membersOf(next.value)) {
          if (holdsSecret(name)) leaks.add(`${toPath(next)}, in a name`)
          note(name, member, next)
        }
      }
    },
    addPlace: (look) => void places.push(look),
    ignore(ignored) {
      for (const leak of leaks) if (ignored.test(leak)) leaks.delete(leak)
    },
    check() {
      // An object that was searched in one place is skipped in the next.
      round = new Set()
      for (const look of places) look()
      round = undefined
      const found = [...leaks]
      leaks.clear()
      if (found.length > 0) throw new Error(`A token leaked: ${found.join('; ')}.`)
    },
    knownSecrets: () => secrets
  }
}

/**
 * Switch for the setup file: if muted, it reads output and does not print it. A test that prints a
 * token on purpose mutes the terminal and asserts that the hunter has found the token.
 */
export const terminal = { isMuted: false }

/** The hunter of this process. The setup files feed it and run its checks. */
export const canaryHunter: CanaryHunter = createCanaryHunter()

interface Finding {
  readonly name: string
  readonly value: object
  readonly owner: Finding | undefined
}

function toPath({ name, owner }: Omit<Finding, 'value'>): string {
  return owner === undefined ? name : `${toPath(owner)}.${name}`
}

function isGraph(value: unknown): value is object {
  return (typeof value === 'object' && value !== null) || typeof value === 'function'
}

function* membersOf(owner: object): Generator<readonly [string, unknown]> {
  // A streamed response keeps its request with the header, which the README documents.
  if (ArrayBuffer.isView(owner) || owner instanceof Readable) return
  if (owner instanceof Map) {
    for (const [key, value] of owner) {
      yield ['key', key]
      yield [typeof key === 'string' ? key : 'value', value]
    }
  } else if (owner instanceof Set) {
    for (const value of owner) yield ['member', value]
  } else if (owner instanceof Error) {
    // Both are printed although they are not enumerable. The stack adds only code locations.
    yield ['message', owner.message]
    yield ['cause', owner.cause]
  }
  for (const name of Object.keys(owner)) {
    // Skips getters, because they may have side effects.
    const property = Object.getOwnPropertyDescriptor(owner, name)
    if (property !== undefined && 'value' in property) yield [name, property.value]
  }
}
