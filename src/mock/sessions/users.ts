// Users: their credentials, their claims and the version that their tokens must have.

import { MockAuthServerError } from '../lib/errors.ts'
import { withValueAt } from '../lib/json-body.ts'

export interface KnownUser extends Required<MockUser> {
  /** `id` as text. Sessions and controls name the user by it. */
  readonly sub: string
  /** The `sub` claim. */
  readonly id: string | number
}

interface Authentication {
  /** The user who signed in. */
  readonly user: KnownUser | undefined
  /** The user with the given email. */
  readonly target: KnownUser | undefined
}

export interface Users {
  /** Finds the user with this email, and checks the password. */
  authenticate(email: string, password: string): Authentication
  find(sub: string): KnownUser | undefined
  /**
   * The user with this `sub` or email; without a name, the first user.
   * @throws MockAuthServerError `unknown_user`
   */
  named(name?: string): KnownUser
  /**
   * The configured claims of the user, `sub`, the contract's claim for the user's id, and
   * `token_version` once it has been raised.
   */
  claimsOf(sub: string): Readonly<Record<string, unknown>>
  /** The `token_version` that a token must have; 0 by default. */
  versionOf(sub: string): number
  /** Raises the version, so that every earlier token of this user is refused. */
  bumpVersion(sub: string): number
  reset(): void
}

export interface UsersDeps {
  readonly users: readonly KnownUser[]
  /** The claim that holds the user's id, besides `sub`, as a dotted path. */
  readonly idClaim: string | undefined
  /** The `token_version` of each user for whom it was raised. */
  readonly versions: Map<string, number>
  /** Called after each change of `versions`. */
  readonly onChange: () => void
}

export function createUsers({ users, idClaim, versions, onChange }: UsersDeps): Users {
  function find(sub: string): KnownUser | undefined {
    return users.find((user) => user.sub === sub)
  }

  function versionOf(sub: string): number {
    return versions.get(sub) ?? tokenVersion(find(sub)?.claims ?? {})
  }

  return {
    authenticate(email, password) {
      let user: KnownUser | undefined
      let target: KnownUser | undefined
      // All users are compared, so that the duration does not reveal whether the email exists.
      for (const each of users) {
        const isTarget = isEqual(each.email, email)
        if (isTarget) target = each
        if (isEqual(each.password, password) && isTarget) user = each
      }
      return { user, target }
    },
    find,
    named(name) {
      const user =
        name === undefined ? users[0] : (find(name) ?? users.find((each) => each.email === name))
      if (user !== undefined) return user
      throw new MockAuthServerError('unknown_user', 'There is no user with this sub or email.')
    },
    claimsOf(sub) {
      const user = find(sub)
      const version = versions.get(sub)
      const claims = {
        ...user?.claims,
        ...(version === undefined ? {} : { token_version: version }),
        sub: user?.id ?? sub
      }
      const hasClaim = user !== undefined && idClaim !== undefined
      return hasClaim ? withValueAt(claims, idClaim, idIn(idClaim, user)) : claims
    },
    versionOf,
    bumpVersion(sub) {
      const next = versionOf(sub) + 1
      versions.set(sub, next)
      onChange()
      return next
    },
    reset() {
      versions.clear()
      onChange()
    }
  }
}

function idIn(claim: string, { id, email }: KnownUser): string | number {
  return claim === 'email' ? email : id
}

/** The `token_version` claim; 0 if it is absent. */
export function tokenVersion({
  token_version: version
}: Readonly<Record<string, unknown>>): number {
  return typeof version === 'number' ? version : 0
}

/** Compares in constant time: the duration does not depend on the first wrong character. */
function isEqual(expected: string, given: string): boolean {
  let difference = expected.length ^ given.length
  for (let index = 0; index < given.length; index += 1) {
    difference |= given.charCodeAt(index) ^ expected.charCodeAt(index % expected.length)
  }
  return difference === 0
}

/** A user who can sign in. */
export interface MockUser {
  readonly email: string
  readonly password: string
  /**
   * The `sub` claim (RFC 7519 §4.1.2), and the user's id in the places that the contract names. A
   * number is valid too, as some servers send it. Default: `user-1` for the first user, `user-2`
   * for the second, …
   */
  readonly sub?: string | number
  /**
   * More claims for this user's access tokens, JSON-serialisable. The server sets the registered
   * claims (`iss`, `exp`, …). `token_version` must be a whole number; `bumpTokenVersion` raises it.
   */
  readonly claims?: Readonly<Record<string, unknown>>
}
