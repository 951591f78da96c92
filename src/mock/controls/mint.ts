// The mint: access tokens made to order, good ones and every kind of bad one.

import { generatedKey, type OwnKey } from '../keys/key.ts'
import type { KeyRing } from '../keys/key-ring.ts'
import { describe, invalid, isRecord, ownOptions } from '../lib/checks.ts'
import { randomHex } from '../lib/crypto.ts'
import { MockAuthServerError } from '../lib/errors.ts'
import type { ResetGeneration } from '../lib/reset-generation.ts'
import type { Session, Sessions } from '../sessions/sessions.ts'
import type { Users } from '../sessions/users.ts'
import type { AccessTokens, TokenDraft } from '../tokens/access-tokens.ts'
import type { IssuedTokens } from '../tokens/issued-tokens.ts'
import { type Forge, forgeries, type MockForgery, makers } from './forgeries.ts'
import { signUnchecked } from './raw-jws.ts'

/** A token to order. Nothing given, it is good. */
export interface MintOrder {
  /** Whose it is: `sub` or email. Default: the first user. */
  readonly user?: string
  /** The session it belongs to. Default: a new one of that user. */
  readonly sid?: string
  /** What is wrong with it; {@link forgeries} says what the server answers. */
  readonly forgery?: MockForgery
  /** The key that signs it: any of the server's own, retired ones included. Default: the one that signs. */
  readonly kid?: string
  /** Header parameters in place of the usual ones; `undefined` leaves one out. The signature is made over them. */
  readonly header?: Readonly<Record<string, unknown>>
  /** Claims in place of the usual ones; `undefined` leaves one out. The signature is made over them. */
  readonly claims?: Readonly<Record<string, unknown>>
}

export interface ForgeryControls {
  /**
   * Makes an access token to order, to see what your own guard does with it.
   *
   * @example
   * it.each(Object.keys(forgeries))('refuses a token that is %s', async (forgery) => {
   *   const token = await server.mint({ forgery })
   * })
   *
   * @throws MockAuthServerError `unknown_user`, `unknown_session`, `unknown_key`, `cannot_sign`, or `no_public_key` for
   *   `public-key-as-secret` where every key is symmetric
   */
  mint(order?: MintOrder): Promise<string>
}

export interface MintDeps {
  readonly users: Users
  readonly sessions: Sessions
  readonly tokens: AccessTokens
  readonly issuedTokens: IssuedTokens
  readonly ring: KeyRing
  readonly epoch: ResetGeneration
  readonly clockToleranceSeconds: number
  readonly now: () => number
  /** How many calls have arrived. */
  readonly arrivals: () => number
}

const orderNames = ['user', 'sid', 'forgery', 'kid', 'header', 'claims'] as const

export function createForgeryControls(parts: MintDeps): ForgeryControls {
  const { users, sessions, tokens, issuedTokens, ring, arrivals } = parts

  const sessionFor = async ({ user, sid }: MintOrder): Promise<Session> => {
    if (sid === undefined)
      return (await sessions.start(users.named(user).sub, parts.epoch.begin())).session
    const session = sessions.findLive(sid)
    if (session !== undefined) return session
    throw new MockAuthServerError('unknown_session', 'There is no such session.')
  }
  const keyFor = (kid: string): OwnKey => {
    const key = ring.find(kid) ?? ring.findRetired(kid)
    if (key === undefined) throw new MockAuthServerError('unknown_key', `There is no key ${kid}.`)
    if (key.canSign) return key
    throw new MockAuthServerError('cannot_sign', `Key ${kid} has no private half.`)
  }
  const draftFor = async (order: MintOrder): Promise<TokenDraft> => {
    const session = await sessionFor(order)
    const draft = tokens.draft(session, users.claimsOf(session.sub))
    const key = order.kid === undefined ? draft.key : keyFor(order.kid)
    const claims = { ...draft.claims, ...order.claims }
    const { jti, exp }: Readonly<Record<string, unknown>> = claims
    // The draft is entered by its own name and end; what was ordered in their place is as good.
    if (typeof jti === 'string') {
      issuedTokens.enter(jti, typeof exp === 'number' ? exp : draft.claims.exp, draft.claims.iat)
    }
    return {
      key,
      header: { ...draft.header, alg: key.alg, kid: key.kid, ...order.header },
      claims
    }
  }
  const own = () => ring.list().flatMap(({ kid }) => ring.find(kid) ?? [])
  const forge = (): Forge => ({
    nowSeconds: Math.floor(parts.now() / 1000),
    clockToleranceSeconds: parts.clockToleranceSeconds,
    retiredKey: () =>
      ring.findRetired() ?? ring.addRetired(generatedKey(`key-0-${randomHex(4)}`, 'HS256')),
    asymmetric: own().find((key) => key.alg !== 'HS256'),
    revoke: issuedTokens.revoke
  })

  return {
    async mint(given = {}) {
      const order = readOrder(given)
      const draft = await draftFor(order)
      const isForged = order.forgery !== undefined
      issuedTokens.noteMade(
        String(draft.claims.jti),
        isForged ? Number.POSITIVE_INFINITY : arrivals()
      )
      if (order.forgery !== undefined) return makers[order.forgery](draft, forge())
      return signUnchecked(draft.header, draft.claims, (await draft.key.material()).signWith)
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
