// Stories: states that are hard to reach by hand. Each one prepares server and client.
import type { AuthClient } from 'everbearer'
import type { MockAuthServer } from 'everbearer/mock'
import type { Credentials } from '../testing-app/app.ts'

export interface Scene {
  readonly server: MockAuthServer
  readonly auth: AuthClient<Credentials>
}

export type Story = (scene: Scene) => Promise<void>

const ada = { email: 'ada@example.com', password: 'lovelace' }

export const stories: Readonly<Record<string, Story>> = {
  'Signed out': async () => {},
  'Signed in': async ({ auth }) => {
    await auth.login(ada)
  },
  Starting: async ({ server }) => {
    server.hold('refresh')
  },
  'Sign-in is slow': async ({ server }) => {
    server.hold('login')
  },
  'Key rotated': async ({ server, auth }) => {
    await auth.login(ada)
    server.rotateKey()
  },
  'Token revoked, server down': async ({ server, auth }) => {
    await auth.login(ada)
    server.revokeAccessTokens()
    server.failNext('refresh', 503, { times: Number.POSITIVE_INFINITY })
  },
  'Session ended': async ({ server, auth }) => {
    await auth.login(ada)
    server.endSessions()
  }
}
