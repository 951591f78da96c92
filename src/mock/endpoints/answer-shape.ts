// Answer shape: writes the tokens and the user into the answer of login and refresh, at the places
// that the contract names.

import type { ResolvedPlace, ResolvedTokens } from '../../contract/resolved-contract.ts'
import { json, type WireResponse } from '../http/message.ts'
import { buildBody, type PlacedValue } from '../lib/json-body.ts'
import { isAnswerPath, type MockContract } from '../options/contract.ts'
import type { KnownUser } from '../sessions/users.ts'

/** The contents of an answer of login or refresh. */
interface Issued {
  readonly accessToken: string
  readonly expiresInSeconds: number
  /** `undefined` if answers do not hold the refresh token. */
  readonly refreshToken: string | undefined
  readonly user: KnownUser | undefined
}

export type WriteAnswer = (issued: Issued) => WireResponse

export interface AnswerShapeDeps {
  readonly tokens: ResolvedTokens
  readonly user: MockContract['user']
  /** The scheme with which requests carry the access token. */
  readonly scheme: string
  readonly now: () => number
}

export function createAnswerShape({ tokens, user, scheme, now }: AnswerShapeDeps): WriteAnswer {
  const { accessToken: place, refreshToken: refreshPlace, expiresIn } = tokens
  const hasUsualName = place.in === 'body' && place.paths[0] === 'access_token'

  const lifetimeHeader = expiresIn === false ? undefined : expiresIn.header
  const lifetimePath =
    expiresIn === false || lifetimeHeader !== undefined ? undefined : expiresIn.at[0]

  /** The values in the body. The profile comes first, because other values may lie inside of it. */
  function placeValues({ accessToken, expiresInSeconds, refreshToken, ...issued }: Issued) {
    const { profile, id } = user
    return [
      ...at(profile, issued.user && profileOf(issued.user)),
      ...at(pathOf(place), accessToken),
      // RFC 6749 §5.1 requires the type beside the usual name.
      ...at(hasUsualName ? 'token_type' : undefined, scheme === '' ? 'Bearer' : scheme),
      ...at(lifetimePath, lifetime(expiresInSeconds)),
      ...at(pathOf(refreshPlace), refreshToken),
      ...at(isAnswerPath(id) ? id.answer : undefined, issued.user?.id)
    ]
  }

  function lifetime(seconds: number): string | number {
    const unit = expiresIn === false ? 's' : expiresIn.unit
    switch (unit) {
      case 's':
        return seconds
      case 'ms':
        return seconds * 1000
      case 'duration':
        return seconds % 60 === 0 ? `${seconds / 60}m` : `${seconds}s`
      case 'date':
        return new Date(Math.floor(now() / 1000 + seconds) * 1000).toISOString()
    }
  }

  return (issued) => {
    const headers: [string, string][] = [
      ...headerFor(place, issued.accessToken),
      ...(issued.refreshToken === undefined ? [] : headerFor(refreshPlace, issued.refreshToken))
    ]
    if (lifetimeHeader !== undefined) {
      headers.push([lifetimeHeader, String(lifetime(issued.expiresInSeconds))])
    }
    const exposed = headers.map(([name]) => name).join(', ')
    const rows: [string, string][] =
      headers.length === 0 ? [] : [...headers, ['Access-Control-Expose-Headers', exposed]]
    if (place.in !== 'text') return json(200, buildBody(placeValues(issued)), rows)
    const type: [string, string] = ['Content-Type', 'text/plain;charset=utf-8']
    return {
      status: 200,
      headers: [type, ['Cache-Control', 'no-store'], ...rows],
      setCookies: [],
      body: issued.accessToken
    }
  }
}

function at(path: unknown, value: unknown): readonly PlacedValue[] {
  return typeof path === 'string' && value !== undefined ? [[path, value]] : []
}

function pathOf(place: ResolvedPlace): string | undefined {
  return place.in === 'body' ? place.paths[0] : undefined
}

function headerFor(place: ResolvedPlace, token: string): [string, string][] {
  if (place.in !== 'header') return []
  return [[place.header, place.scheme === '' ? token : `${place.scheme} ${token}`]]
}

function profileOf({ id, email, claims }: KnownUser): Readonly<Record<string, unknown>> {
  return { ...claims, id, email }
}
