// Body without tokens: a copy of a JSON body from which the tokens have been removed, and texts.

import { defaultTokens } from '../../contract/default-contract.ts'
import type { ResolvedPlace, ResolvedTokens } from '../../contract/resolved-contract.ts'
import { locate } from '../../lib/json-path.ts'

/** A shorter token could be part of an innocent text. */
const shortestPartCharacters = 8

/** Members with these names are removed at any depth. */
const tokenNames: ReadonlySet<string> = new Set(
  [defaultTokens.accessToken, defaultTokens.refreshToken].flatMap(pathsOf)
)

/**
 * Removes the values at the token places, the members with the usual names of tokens, and each
 * member of which the name or the value holds a known token. `undefined` if nothing is left, or if
 * the value is not JSON.
 *
 * @param known the tokens that the client has read, also those that it does not keep
 */
export function withoutTokens(
  body: unknown,
  { accessToken, refreshToken }: ResolvedTokens,
  known: readonly unknown[]
): unknown {
  const removed = [...known]
  const isSecret = (text: string) => holdsToken(text, removed.filter(isText))

  function dropNamed(name: string, value: unknown): unknown {
    if (!tokenNames.has(name)) return value
    removed.push(value)
    return undefined
  }

  function dropCopies(name: string, value: unknown): unknown {
    return isSecret(name) || (isText(value) && isSecret(value)) ? undefined : value
  }

  try {
    const copy: unknown = JSON.parse(JSON.stringify(body, dropNamed))
    for (const path of [accessToken, refreshToken].flatMap(pathsOf)) {
      const at = locate(copy, path)
      if (at === undefined) continue
      removed.push(Reflect.get(...at))
      Reflect.deleteProperty(...at)
    }
    return JSON.parse(JSON.stringify(copy, dropCopies))
  } catch {
    // The app's object has a cycle or throws, or nothing is left.
    return undefined
  }
}

/** The text, or `undefined` if it may hold a token, as a form, XML or a JWT does. */
export function textWithoutTokens(
  text: string,
  { accessToken, refreshToken }: ResolvedTokens,
  known: readonly unknown[]
): string | undefined {
  const names = [accessToken, refreshToken]
    .flatMap(pathsOf)
    .map((path) => path.slice(path.lastIndexOf('.') + 1))
  const isAssigned = (name: string) =>
    text.split(name).some((rest, index) => index > 0 && /^["']?\s*[=:>]/.test(rest))
  const isSuspect = [...tokenNames, ...names].some(isAssigned) || /\beyJ[\w-]+\.eyJ/.test(text)
  return isSuspect || holdsToken(text, known.filter(isText)) ? undefined : text
}

/** Whether a text is a token or contains one, also after a scheme or percent-encoded. */
function holdsToken(text: string, tokens: readonly string[]): boolean {
  const decoded = text.replace(/%([\da-f]{2})/gi, (_, code) =>
    String.fromCharCode(Number.parseInt(code, 16))
  )
  const isPart = (part: string) =>
    part.length >= shortestPartCharacters && (text.includes(part) || decoded.includes(part))
  return tokens.some((token) => token === text || token.split(/\s+/).some(isPart))
}

/** The paths of a place in the body. */
export function pathsOf(place: ResolvedPlace): readonly string[] {
  return place.in === 'body' ? place.paths : []
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== ''
}
