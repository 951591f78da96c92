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
      const seen = new Set<object>()
      const open: { readonly path: string; readonly value: unknown }[] = [{ path: where, value }]
      for (let next = open.pop(); next !== undefined; next = open.pop()) {
        const { path, value: found } = next
        if (typeof found === 'string') readText(path, found)
        if ((typeof found !== 'object' && typeof found !== 'function') || found === null) continue
        if (seen.has(found) || seen.size > mostObjects) continue
        seen.add(found)
        for (const [name, member] of membersOf(found)) {
          readText(`${path}, in a name`, name)
          open.push({ path: `${path}.${name}`, value: member })
        }
      }
    },
    addPlace: (look) => void places.push(look),
    inspect() {
      for (const look of places) look()
      const found = [...leaks]
      leaks.clear()
      if (found.length > 0) throw new Error(`A token got out: ${found.join('; ')}.`)
    },
    knownSecrets: () => secrets
  }
}

/** The hunter of this process: the setup file teaches it and makes it look. */
export const canaryHunter: CanaryHunter = createCanaryHunter()

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
  }
  if (owner instanceof Error) {
    // Not enumerable, and yet the first that is printed.
    yield ['message', owner.message]
    yield ['stack', owner.stack]
    yield ['cause', owner.cause]
  }
  for (const [name, { enumerable, value }] of Object.entries(
    Object.getOwnPropertyDescriptors(owner)
  )) {
    if (enumerable === true) yield [name, value]
  }
}
