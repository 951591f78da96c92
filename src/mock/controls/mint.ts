// Mint: makes access tokens on request, valid ones and every kind of forged one.

import { generatedKey, type OwnKey } from '../keys/key.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import { describe, invalid, isRecord, ownOptions } from '../lib/checks.ts'
import { randomHex } from '../lib/crypto.ts'
import { MockAuthServerError } from '../lib/errors.ts'
import type { ResetGeneration } from '../lib/reset-generation.ts'
import type { Session } from '../sessions/session.ts'
import type { Sessions } from '../sessions/sessions.ts'
import type { Users } from '../sessions/users.ts'
import type { AccessTokens, IssuedTokens, TokenDraft } from '../tokens/access-tokens.ts'
import { type ForgeContext, forge, forgeries, type MockForgery, signDraft } from './forgeries.ts'

/** The token to make. Without any option the token is valid. */
export interface MintOrder {
  /** Owner of the token: `sub` or email. Default: the first user. */
  readonly user?: string
  /** Session of the token. Default: a new session of that user. */
  readonly sid?: string
  /** The defect of the token. {@link forgeries} lists the answers of the server. */
  readonly forgery?: MockForgery
  /** The key that signs: any key of the server, also a retired one. Default: the signing key. */
  readonly kid?: string
  /** Header parameters to replace; `undefined` removes one. The signature covers them. */
  readonly header?: Readonly<Record<string, unknown>>
  /** Claims to replace; `undefined` removes one. The signature covers them. */
  readonly claims?: Readonly<Record<string, unknown>>
}

export interface ForgeryControls {
  /**
   * Makes an access token, to test how your own guard handles it.
   *
   * @example
   * it.each(Object.keys(forgeries))('refuses a token that is %s', async (forgery) => {
   *   const token = await server.mint({ forgery })
   * })
   *
   * @throws MockAuthServerError `unknown_user`, `unknown_session`, `unknown_key`, `cannot_sign`, or
   *   `no_public_key` for `public-key-as-secret` if every key is symmetric; TypeError for an
   *   invalid order
   */
  mint(order?: MintOrder): Promise<string>
}

interface ForgeryControlsDeps {
  readonly users: Users
  readonly sessions: Sessions
  readonly tokens: AccessTokens
  readonly issuedTokens: IssuedTokens
  readonly ring: KeyRing
  readonly generation: ResetGeneration
  readonly clockToleranceSeconds: number
  readonly now: () => number
  /** The number of calls that have arrived. */
  readonly arrivals: () => number
}

const orderNames = ['user', 'sid', 'forgery', 'kid', 'header', 'claims'] as const

export function createForgeryControls({
  users,
  sessions,
  tokens,
  issuedTokens,
  ring,
  generation,
  clockToleranceSeconds,
  now,
  arrivals
}: ForgeryControlsDeps): ForgeryControls {
  async function sessionFor({ user, sid }: MintOrder): Promise<Session> {
    if (sid === undefined) {
      const { session } = await sessions.start(users.named(user).sub, generation.begin())
      return session
    }
    const session = sessions.findLive(sid)
    if (session !== undefined) return session
    throw new MockAuthServerError('unknown_session', 'mint(): there is no session with this sid.')
  }

  function keyFor(kid: string): OwnKey {
    const key = ring.find(kid) ?? ring.findRetired(kid)
    if (key === undefined) {
      throw new MockAuthServerError('unknown_key', `mint(): there is no key ${kid}.`)
    }
    if (key.canSign) return key
    throw new MockAuthServerError('cannot_sign', `mint(): key ${kid} has no private half.`)
  }

  async function draftFor(order: MintOrder): Promise<TokenDraft> {
    const session = await sessionFor(order)
    const draft = tokens.draft(session, users.claimsOf(session.sub))
    const key = order.kid === undefined ? draft.key : keyFor(order.kid)
    const claims = { ...draft.claims, ...order.claims }
    const { jti, exp }: Readonly<Record<string, unknown>> = claims
    // `draft` has recorded its own `jti` and `exp`. Replaced ones must count as issued too.
    if (typeof jti === 'string') {
      const expSeconds = typeof exp === 'number' ? exp : draft.claims.exp
      issuedTokens.record({ jti, sid: session.id, expSeconds }, draft.claims.iat)
    }
    return {
      key,
      header: { ...draft.header, alg: key.alg, kid: key.kid, ...order.header },
      claims
    }
  }

  function forgeContext(): ForgeContext {
    return {
      nowSeconds: Math.floor(now() / 1000),
      clockToleranceSeconds,
      retiredKey: () =>
        ring.findRetired() ?? ring.addRetired(generatedKey(`key-0-${randomHex(4)}`, 'HS256')),
      asymmetricKey: ring.all().find((key) => key.alg !== 'HS256'),
      revoke: issuedTokens.revoke
    }
  }

  return {
    async mint(given = {}) {
      const order = readOrder(given)
      const draft = await draftFor(order)
      const isForged = order.forgery !== undefined
      issuedTokens.noteMinted(
        String(draft.claims.jti),
        isForged ? Number.POSITIVE_INFINITY : arrivals()
      )
      return order.forgery === undefined
        ? signDraft(draft)
        : forge(order.forgery, draft, forgeContext())
    }
  }
}

function readOrder(given: MintOrder): MintOrder {
  const caller = 'mint'
  const order = ownOptions<MintOrder>('order', given, orderNames, { prefix: '', caller })
  const { forgery } = order
  if (forgery !== undefined && !Object.hasOwn(forgeries, forgery)) {
    const expectation = `one of ${Object.keys(forgeries).join(', ')}`
    throw invalid('forgery', expectation, describe(forgery), caller)
  }
  for (const name of ['header', 'claims'] as const) {
    const given: unknown = order[name]
    if (given !== undefined && !isRecord(given)) {
      throw invalid(name, 'an object', describe(given), caller)
    }
  }
  return order
}
