// Who can sign in, and with what.
import type { MockUser } from './options.ts'

export type KnownUser = Required<MockUser>

export interface Users {
  authenticate(email: string, password: string): KnownUser | undefined
  find(sub: string): KnownUser | undefined
}

export function createUsers(users: readonly KnownUser[]): Users {
  return {
    authenticate(email, password) {
      let found: KnownUser | undefined
      // Everybody is compared, found or not, so that the time taken does not tell which half was wrong.
      for (const user of users) {
        const isUser = isEqual(user.email, email)
        if (isEqual(user.password, password) && isUser) found = user
      }
      return found
    },
    find: (sub) => users.find((user) => user.sub === sub)
  }
}

/** Takes as long for a wrong first letter as for a wrong last one. */
function isEqual(expected: string, given: string): boolean {
  let difference = expected.length ^ given.length
  for (let index = 0; index < given.length; index += 1) {
    difference |= given.charCodeAt(index) ^ expected.charCodeAt(index % expected.length)
  }
  return difference === 0
}
