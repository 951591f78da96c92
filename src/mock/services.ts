// Everything that stands behind the doors, put together: users, keys, tokens, sessions, their levers, and who watches them.

import type { Journal } from './calls/call-log.ts'
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
import { createRefreshWay } from './endpoints/refresh-credential.ts'
import { challenge, plainRefusal } from './http/bearer.ts'
import type { Verdict } from './http/decision.ts'
import { createRefreshCookie } from './http/refresh-cookie.ts'
import { createKeyRegistry } from './keys/registry.ts'
import type { Epoch } from './lib/reset-generation.ts'
import { createEvents, type Events } from './monitor/events.ts'
import { createMonitor } from './monitor/monitor.ts'
import type { MockSettings } from './options/server-options.ts'
import { createPersistence } from './persistence.ts'
import { createSessions } from './sessions/sessions.ts'
import { createUsers } from './sessions/users.ts'
import { createAccessTokens } from './tokens/access-tokens.ts'
import { createTokenLedger } from './tokens/issued-tokens.ts'
import { createReissue } from './tokens/reissue.ts'
import { createStanding } from './tokens/revocation.ts'
import { createTokenCheck } from './tokens/verify.ts'

/** What is read afresh each time. */
type Lists = Pick<KeyControls, 'keys' | 'keyAudit'> & Pick<SessionControls, 'sessions'>

export interface Authority {
  readonly guard: Guard
  readonly endpoints: Endpoints
  /** Answers a request for the JWK Set. */
  jwks(): Promise<Verdict>
  /** What a refresh has to be sent as. */
  readonly refreshMediaType: string
  readonly levers: Omit<KeyControls & SessionControls & ForgeryControls, keyof Lists> &
    Pick<Events, 'on'>
  readonly lists: Lists
  /** Is this, or was it, a key of the server's own? */
  readonly isOwnKid: (kid: string) => boolean
  /** Before which call a token was made to order, if it was; `Infinity` for a forged one. */
  readonly madeBefore: (jti: string) => number | undefined
  reset(): void
}

export function createAuthority(settings: MockSettings, journal: Journal, epoch: Epoch): Authority {
  const events = createEvents()
  const monitor = createMonitor(settings, events)
  journal.onCall(monitor.observe)
  const kept = createPersistence(settings)
  const registry = createKeyRegistry(settings, kept, (change) => events.emit('key-changed', change))
  const { ring } = registry
  const users = kept.keepUsers(createUsers(settings.users, kept.versions))
  const sessions = kept.keepSessions(createSessions(settings, kept.families, kept.secret))
  const ledger = createTokenLedger(settings.clockToleranceSeconds)
  const tokens = createAccessTokens(settings, { ring, ledger, sessions })
  const cookie = createRefreshCookie(settings)
  const refuseToken = settings.invalidTokenStatus === 401 ? challenge : plainRefusal
  const standing = createStanding({ users, sessions, ledger, revocation: settings.revocation })
  const guard = createGuard({
    check: createTokenCheck(settings, registry.shelf),
    standing,
    reissue: createReissue({ rules: settings.reissue, tokens, sessions, ring, standing }),
    challenge: refuseToken
  })
  const way = createRefreshWay(settings.refreshWith, {
    cookie,
    identify: guard.identify,
    standing,
    challenge: refuseToken
  })
  const { arrivals } = journal
  const held = { users, sessions, tokens, ledger, cookie, ring, way }
  const parts = { ...settings, ...held, epoch, arrivals }

  return {
    guard,
    endpoints: createEndpoints(parts),
    jwks: () => answerJwks(ring, settings.jwksMaxAgeSeconds),
    refreshMediaType: way.mediaType,
    levers: {
      ...createKeyControls(registry, epoch, () => {
        const { length } = sessions.list()
        sessions.endAll()
        ledger.revokeAll()
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
    isOwnKid: (kid) => registry.shelf.find(kid)?.isOwn === true || registry.shelf.wasRetired(kid),
    madeBefore: ledger.madeBefore,
    reset() {
      sessions.reset()
      ledger.reset()
      users.reset()
      registry.reset()
      monitor.reset()
    }
  }
}
