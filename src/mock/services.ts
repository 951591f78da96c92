// Everything that stands behind the doors, put together: users, keys, tokens, sessions, their levers, and who watches them.

import type { CallLog } from './calls/call-log.ts'
import { createKeyControls, type KeyControls } from './controls/key-controls.ts'
import { createForgeryControls, type ForgeryControls } from './controls/mint.ts'
import {
  createSessionControls,
  describeSession,
  type SessionControls
} from './controls/session-controls.ts'
import { createEndpoints, type Endpoints } from './endpoints/endpoints.ts'
import { createGuard, type Guard } from './endpoints/guard.ts'
import { answerJwks } from './endpoints/jwks.ts'
import { createRefreshCredential } from './endpoints/refresh-credential.ts'
import { challenge, plainRefusal } from './http/bearer.ts'
import type { Decision } from './http/decision.ts'
import { createRefreshCookie } from './http/refresh-cookie.ts'
import { createKeyRegistry } from './keys/registry.ts'
import type { ResetGeneration } from './lib/reset-generation.ts'
import { createEvents, type Events } from './monitor/events.ts'
import { createMonitor } from './monitor/monitor.ts'
import type { MockSettings } from './options/server.ts'
import { createPersistence } from './persistence.ts'
import { createSessions } from './sessions/sessions.ts'
import { createUsers } from './sessions/users.ts'
import { createAccessTokens } from './tokens/access-tokens.ts'
import { createIssuedTokens } from './tokens/issued-tokens.ts'
import { createReissue } from './tokens/reissue.ts'
import { createRevocationCheck } from './tokens/revocation.ts'
import { createTokenVerifier } from './tokens/verify.ts'

/** What is read afresh each time. */
type Lists = Pick<KeyControls, 'keys' | 'keyAudit'> & Pick<SessionControls, 'sessions'>

export interface Services {
  readonly guard: Guard
  readonly endpoints: Endpoints
  /** Answers a request for the JWK Set. */
  jwks(): Promise<Decision>
  /** What a refresh has to be sent as. */
  readonly refreshMediaType: string
  readonly controls: Omit<KeyControls & SessionControls & ForgeryControls, keyof Lists> &
    Pick<Events, 'on'>
  readonly lists: Lists
  /** Is this, or was it, a key of the server's own? */
  readonly isOwnKid: (kid: string) => boolean
  /** Before which call a token was made to order, if it was; `Infinity` for a forged one. */
  readonly madeBefore: (jti: string) => number | undefined
  reset(): void
}

export function createServices(
  settings: MockSettings,
  callLog: CallLog,
  epoch: ResetGeneration
): Services {
  const events = createEvents()
  const monitor = createMonitor(settings, events)
  callLog.onCall(monitor.observe)
  const stored = createPersistence(settings)
  const { save: onChange } = stored
  const registry = createKeyRegistry(settings, { goneKids: stored.goneKids, onChange }, (change) =>
    events.emit('key-changed', change)
  )
  const { ring } = registry
  const users = createUsers(settings.users, stored.versions, onChange)
  const sessions = createSessions(settings, stored.families, stored.secret, onChange)
  const issuedTokens = createIssuedTokens(settings.clockToleranceSeconds)
  const tokens = createAccessTokens({ ...settings, ring, issuedTokens, sessions })
  const cookie = createRefreshCookie(settings)
  const refuseToken = settings.invalidTokenStatus === 401 ? challenge : plainRefusal
  const revocation = createRevocationCheck({
    users,
    sessions,
    issuedTokens,
    revocation: settings.revocation
  })
  const guard = createGuard({
    check: createTokenVerifier({
      lookUpKeys: registry.lookUpKeys,
      clockToleranceSeconds: settings.clockToleranceSeconds,
      now: settings.now
    }),
    revocation,
    reissue: createReissue({ settings: settings.reissue, tokens, sessions, ring, revocation }),
    challenge: refuseToken
  })
  const credential = createRefreshCredential(settings.refreshWith, {
    cookie,
    identify: guard.identify,
    revocation,
    challenge: refuseToken
  })
  const { arrivals } = callLog
  const held = { users, sessions, tokens, issuedTokens, cookie, ring, credential }
  const parts = { ...settings, ...held, epoch, arrivals }

  return {
    guard,
    endpoints: createEndpoints(parts),
    jwks: () => answerJwks(ring, settings.jwksMaxAgeSeconds),
    refreshMediaType: credential.mediaType,
    controls: {
      ...createKeyControls(registry, epoch, () => {
        const { length } = sessions.list()
        sessions.endAll()
        issuedTokens.revokeAll()
        return length
      }),
      ...createSessionControls(parts),
      ...createForgeryControls(parts),
      on: events.on
    },
    lists: {
      get keys() {
        return ring.list()
      },
      get keyAudit() {
        return registry.audit.entries()
      },
      get sessions() {
        return sessions.list().map(describeSession)
      }
    },
    isOwnKid: registry.isOwnKid,
    madeBefore: issuedTokens.madeBefore,
    reset() {
      sessions.reset()
      issuedTokens.reset()
      users.reset()
      registry.reset()
      monitor.reset()
    }
  }
}
