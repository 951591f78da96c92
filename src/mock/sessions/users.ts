// Who can sign in, with what, and which version of their tokens counts.

import { MockAuthServerError } from '../lib/errors.ts'

export type KnownUser = Required<MockUser>

interface Attempt {
  /** Who signed in. */
  readonly user: KnownUser | undefined
  /** Whose email was given. */
  readonly target: KnownUser | undefined
}

export interface Users {
  /** Whose email this is, and whether the password is right as well. */
  authenticate(email: string, password: string): Attempt
  find(sub: string): KnownUser | undefined
  /**
   * The user with this `sub` or email; without one, the first there is.
   * @throws MockAuthServerError `unknown_user`
   */
  named(name?: string): KnownUser
  /** The user's own claims, and `token_version` once there is one. */
  claimsOf(sub: string): Readonly<Record<string, unknown>>
  /** The version that a token has to be of; 0 where there has never been one. */
  versionOf(sub: string): number
  /** Makes every token of this user stale. */
  bumpVersion(sub: string): number
  reset(): void
}

export function createUsers(
  users: readonly KnownUser[],
  versions: Map<string, number> = new Map(),
  onChange: () => void = () => {}
): Users {
  const find = (sub: string) => users.find((user) => user.sub === sub)
  const versionOf = (sub: string) => versions.get(sub) ?? tokenVersion(find(sub)?.claims ?? {})

  return {
    authenticate(email, password) {
      let user: KnownUser | undefined
      let target: KnownUser | undefined
      // Everybody is compared, found or not, so that the time taken does not tell which half was wrong.
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
      throw new MockAuthServerError('unknown_user', 'There is no user with that sub or email.')
    },
    claimsOf(sub) {
      const claims = find(sub)?.claims ?? {}
      const version = versions.get(sub)
      return version === undefined ? claims : { ...claims, token_version: version }
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

/** The `token_version` claim; 0 where there is none. */
export function tokenVersion({
  token_version: version
}: Readonly<Record<string, unknown>>): number {
  return typeof version === 'number' ? version : 0
}

/** Takes as long for a wrong first letter as for a wrong last one. */
function isEqual(expected: string, given: string): boolean {
  let difference = expected.length ^ given.length
  for (let index = 0; index < given.length; index += 1) {
    difference |= given.charCodeAt(index) ^ expected.charCodeAt(index % expected.length)
  }
  return difference === 0
}

/** Somebody who can sign in. */
export interface MockUser {
  readonly email: string
  readonly password: string
  /** The `sub` claim (RFC 7519 §4.1.2). Default: `user-1` for the first user, `user-2` for the second, … */
  readonly sub?: string
  /**
   * More claims for this user's access tokens, as JSON. The registered ones (`iss`, `exp`, …) are the server's;
   * `token_version`, if there is one, is a whole number, from which `bumpTokenVersion` goes on.
   */
  readonly claims?: Readonly<Record<string, unknown>>
}
