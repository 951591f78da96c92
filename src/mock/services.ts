// Services: wires users, keys, tokens, sessions, endpoints, controls and the monitor.

import type { CallLog } from './calls/call-log.ts'
import { createKeyControls, type KeyControls } from './controls/key-controls.ts'
import { createForgeryControls, type ForgeryControls } from './controls/mint.ts'
import {
  createSessionControls,
  describeSession,
  type MockSession,
  type SessionControls
} from './controls/session-controls.ts'
import { createEndpoints, type Endpoints } from './endpoints/endpoints.ts'
import type { MockKeyChange } from './keys/audit-log.ts'
import type { MockKeyStatus } from './keys/key.ts'
import { createKeyRegistry } from './keys/registry.ts'
import type { ResetGeneration } from './lib/reset-generation.ts'
import { createEvents, type Events } from './monitor/events.ts'
import { createMonitor } from './monitor/monitor.ts'
import type { MockSettings } from './options/server.ts'
import { createPersistence } from './sessions/persistence.ts'
import { createSessions } from './sessions/sessions.ts'
import { createUsers } from './sessions/users.ts'
import { createAccessTokens, createIssuedTokens } from './tokens/access-tokens.ts'

export interface Services {
  readonly endpoints: Endpoints
  readonly controls: Omit<KeyControls, 'keys' | 'keyAudit'> &
    Omit<SessionControls, 'sessions'> &
    ForgeryControls &
    Pick<Events, 'on'>
  keys(): readonly MockKeyStatus[]
  keyAudit(): readonly MockKeyChange[]
  sessions(): readonly MockSession[]
  /** Whether the `kid` is or was that of one of the server's own keys. */
  isOwnKid(kid: string): boolean
  /**
   * For a token made by `mint`: the index of the next call at that time, or `Infinity` if it is
   * forged.
   */
  mintedBefore(jti: string): number | undefined
  reset(): void
}

export interface ServicesDeps {
  readonly settings: MockSettings
  /** The server's clock, in milliseconds since the epoch. */
  readonly now: () => number
  readonly callLog: CallLog
  readonly generation: ResetGeneration
}

export function createServices({ settings, now, callLog, generation }: ServicesDeps): Services {
  const { clockToleranceSeconds, contract } = settings
  const events = createEvents()
  const monitor = createMonitor({ spike: settings.spike, events })
  callLog.onCall(monitor.observe)

  const { families, versions, goneKids, secret, save } = createPersistence({
    persist: settings.persist,
    issuer: settings.issuer,
    path: settings.routes.find(({ route }) => route === 'refresh')?.path ?? settings.basePath,
    users: settings.users
  })
  const registry = createKeyRegistry({
    issuer: settings.issuer,
    audience: settings.audience,
    alg: settings.alg,
    keys: settings.keys,
    issuers: settings.issuers,
    tokensWithoutKid: settings.tokensWithoutKid,
    now,
    goneKids,
    onChange: save,
    onRecord: (change) => events.emit('key-changed', change)
  })
  const { ring } = registry
  const users = createUsers({
    users: settings.users,
    idClaim: idClaimOf(contract.user.id),
    versions,
    onChange: save
  })
  const sessions = createSessions({
    sessionSeconds: settings.sessionSeconds,
    refreshIdleSeconds: settings.refreshIdleSeconds,
    refreshGraceSeconds: settings.refreshGraceSeconds,
    now,
    families,
    secret,
    onChange: save
  })
  const issuedTokens = createIssuedTokens(clockToleranceSeconds)
  const tokens = createAccessTokens({
    issuer: settings.issuer,
    audience: settings.audience,
    accessTokenSeconds: settings.accessTokenSeconds,
    now,
    ring,
    issuedTokens,
    sessions
  })

  const endpoints = createEndpoints({
    settings,
    users,
    sessions,
    tokens,
    issuedTokens,
    registry,
    now
  })

  function endEverySession(): number {
    const { length } = sessions.list()
    sessions.endAll()
    issuedTokens.revokeAll()
    return length
  }

  return {
    endpoints,
    controls: {
      ...createKeyControls({ registry, generation, endEverySession }),
      ...createSessionControls({
        users,
        sessions,
        tokens,
        issuedTokens,
        cookie: endpoints.cookie,
        csrf: endpoints.csrf,
        generation,
        now
      }),
      ...createForgeryControls({
        users,
        sessions,
        tokens,
        issuedTokens,
        ring,
        generation,
        clockToleranceSeconds,
        now,
        arrivals: callLog.arrivals
      }),
      on: events.on
    },
    keys: ring.list,
    keyAudit: registry.audit.entries,
    sessions: () => sessions.list().map(describeSession),
    isOwnKid: registry.isOwnKid,
    mintedBefore: issuedTokens.mintedBefore,
    reset() {
      sessions.reset()
      issuedTokens.reset()
      users.reset()
      registry.reset()
      monitor.reset()
    }
  }
}

/** The claim that holds the user's id, besides `sub`. */
function idClaimOf(id: MockSettings['contract']['user']['id']): string | undefined {
  const [claim] = Array.isArray(id) ? id : []
  return claim === 'sub' ? undefined : claim
}
