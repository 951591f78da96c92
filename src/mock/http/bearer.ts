// Token header: reads the token that a request carries in a header (RFC 6750 §2.1).
import type { ResolvedHeader } from '../../contract/resolved-contract.ts'
import { headerValues, type WireRequest } from './message.ts'

type Credential =
  | { readonly kind: 'none' }
  | { readonly kind: 'malformed' }
  | { readonly kind: 'token'; readonly token: string }

/** Reads the token of a request. A token in the query or the body does not count. */
export type ReadCredential = (request: Pick<WireRequest, 'headers'>) => Credential

/** Creates a reader for a header with this name and scheme. */
export function createCredentialReader({ header, scheme }: ResolvedHeader): ReadCredential {
  const word = scheme.replace(/[$*+.^|]/g, '\\$&')
  const beginning = new RegExp(scheme === '' ? '.' : `^${word}(?!\\w)`, 'i')
  const whole = new RegExp(`^${scheme === '' ? '' : `${word} +`}([A-Za-z0-9._~+/-]+=*)$`, 'i')
  return (request) => {
    const [value, ...others] = headerValues(request, header).map((each) => each.trim())
    if (value === undefined || !beginning.test(value)) return { kind: 'none' }
    const token = others.length === 0 ? whole.exec(value)?.[1] : undefined
    return token === undefined ? { kind: 'malformed' } : { kind: 'token', token }
  }
}
