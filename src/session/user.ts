// User: identifies and describes the user of a token, as the contract says.
import type { Claims, UserFacts } from '../contract/auth-contract.ts'
import type { ResolvedContract } from '../contract/resolved-contract.ts'
import { AuthError } from '../lib/errors.ts'
import { readFirst, readPath } from '../lib/json-path.ts'
import { report } from '../lib/listeners.ts'

export interface TokenUser {
  /**
   * Identifies the user; `undefined` if it is unknown. It is the same for all users if the contract
   * has `user.id: false`.
   */
  readonly userId: string | undefined
  /** The value of `getState().user`, if the token or its answer yields one. */
  readonly profile: unknown
}

export type ReadUser = (facts: UserFacts) => TokenUser

/** Claims that change with each token although the user stays the same. */
const changingClaims: readonly string[] = ['exp', 'iat', 'nbf', 'jti']

export function createReadUser({ id, profile }: ResolvedContract['user']): ReadUser {
  function readId({ claims, answer }: UserFacts): unknown {
    if (id === false) return 'any user'
    if (typeof id === 'function') return id({ claims, answer })
    return 'answer' in id ? readPath(answer, id.answer) : readFirst(claims, id)
  }

  function readProfile({ claims, answer }: UserFacts): unknown {
    if (profile === undefined) return claims && stableClaims(claims)
    return typeof profile === 'string' ? readPath(answer, profile) : profile({ claims, answer })
  }

  return (facts) => ({
    userId: toId(attempt('id', () => readId(facts))),
    profile: attempt('profile', () => readProfile(facts))
  })
}

function stableClaims(claims: Claims): Claims {
  return Object.fromEntries(
    Object.entries(claims).filter(([name]) => !changingClaims.includes(name))
  )
}

/** A number counts like its text. */
function toId(value: unknown): string | undefined {
  const isId = (typeof value === 'string' && value !== '') || Number.isFinite(value)
  return isId ? String(value) : undefined
}

/** An error of a function of the app is reported as uncaught, and so is a promise. */
function attempt(name: 'id' | 'profile', read: () => unknown): unknown {
  try {
    const value = read()
    if (!(value instanceof Promise)) return value
    value.catch(() => {})
    throw new AuthError(
      'ERR_AUTH_INVALID_OPTIONS',
      `contract.user.${name} returned a promise, so the client ignores it.`
    )
  } catch (error) {
    report(error)
    return undefined
  }
}
