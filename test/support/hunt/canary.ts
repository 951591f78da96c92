// Knows every token that the mock mints, by the pieces that make it a secret, and finds them wherever it is made to look.
import { Readable } from 'node:stream'

/** Pieces of this length are looked for, so that every fragment of twice as much is found. */
const pieceCharacters = 12
/** What tokens are made of, and nothing that joins or quotes them. */
const runs = /[\w-]{12,}/g
/** Graphs have an end, even those of sockets. */
const mostObjects = 50_000

export interface CanaryHunter {
  /** Whatever holds this, or a good part of it, is a leak from now on. */
  learn(secret: string): void
  /** Looks at a text. */
  readText(where: string, text: string): void
  /** Looks at a value and everything that can be reached from it as printing does: by enumerable properties. */
  readValue(where: string, value: unknown): void
  /** From now on, this is a place to look at when a test is over. */
  addPlace(look: () => void): void
  /** For a test that puts a token there itself: what was found in these places so far is none of the client's. */
  pardon(places: RegExp): void
  /**
   * Looks at all the places.
   * @throws Error that names everything found since the last time
   */
  inspect(): void
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
    pardon(pardoned) {
      for (const leak of leaks) if (pardoned.test(leak)) leaks.delete(leak)
    },
    inspect() {
      // What was seen in one place need not be looked at again in the next.
      round = new Set()
      for (const look of places) look()
      round = undefined
      const found = [...leaks]
      leaks.clear()
      if (found.length > 0) throw new Error(`A token got out: ${found.join('; ')}.`)
    },
    knownSecrets: () => secrets
  }
}

/**
 * Switch for the setup file: if muted, it reads output and does not print it. A test that prints a
 * token on purpose mutes the terminal and asserts that the hunter has found the token.
 */
export const terminal = { isMuted: false }

/** The hunter of this process: the setup file teaches it and makes it look. */
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
  // A response that streams is the one thing that holds its request, header and all; that is documented.
  if (ArrayBuffer.isView(owner) || owner instanceof Readable) return
  if (owner instanceof Map) {
    for (const [key, value] of owner) {
      yield ['key', key]
      yield [typeof key === 'string' ? key : 'value', value]
    }
  } else if (owner instanceof Set) {
    for (const value of owner) yield ['member', value]
  } else if (owner instanceof Error) {
    // Not enumerable, and yet the first that is printed. Its stack is this and a list of places.
    yield ['message', owner.message]
    yield ['cause', owner.cause]
  }
  for (const name of Object.keys(owner)) {
    // Never by way of a getter, which may do anything.
    const property = Object.getOwnPropertyDescriptor(owner, name)
    if (property !== undefined && 'value' in property) yield [name, property.value]
  }
}
