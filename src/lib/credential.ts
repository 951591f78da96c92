// Header credential: writes a token in the format of a header, and reads one back.

import type { ResolvedHeader } from '../contract/resolved-contract.ts'

/** The header's value, such as `Bearer eyJ…`; the bare token if the scheme is empty. */
export function formatCredential({ scheme }: ResolvedHeader, token: string): string {
  return scheme === '' ? token : `${scheme} ${token}`
}

/**
 * Says which scheme a header's value has instead of the expected one; `undefined` if it has that
 * one, or is not a credential. Never quotes the token. For development only.
 */
export function describeOtherScheme(format: ResolvedHeader, value: unknown): string | undefined {
  const { header, scheme } = format
  const [, word = ''] = /^([a-z][a-z-]{0,19}) /i.exec(String(value)) ?? []
  const isExpected = word.toLowerCase() === scheme.toLowerCase()
  if (isExpected || parseCredential({ header, scheme: word }, value) === undefined) return undefined
  const name = (one: string) => (one === '' ? 'no scheme' : `"${one} …"`)
  return `${header} holds ${name(word)}, expected ${name(scheme)}`
}

/** A b64token (RFC 6750 §2.1), or Sanctum's `id|secret`. Any proxy on the way can set a header. */
const credentialToken = /^[A-Za-z0-9\-._~+/|]+=*$/

/** Servers and clients of HTTP refuse longer headers. */
const longestHeaderToken = 8192

/**
 * The token of a header that holds exactly one credential in this format; otherwise `undefined`.
 * The scheme ignores case (RFC 9110 §11.1). A quoted value and a list are not credentials.
 */
export function parseCredential({ scheme }: ResolvedHeader, value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined
  if (value.slice(0, scheme.length).toLowerCase() !== scheme.toLowerCase()) return undefined
  const rest = value.slice(scheme.length)
  const token = scheme === '' ? rest : /^ +([^ ]+)$/.exec(rest)?.[1]
  const isToken =
    token !== undefined && token.length <= longestHeaderToken && credentialToken.test(token)
  return isToken ? token : undefined
}
