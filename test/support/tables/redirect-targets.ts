// Redirect targets: the hops of each redirect, and whether it leaves the origin.
import type { Site } from '../setups/internet.ts'
import {
  answerWithForgedToken,
  appOrigin,
  evilOrigin,
  ownOrigin,
  type redirect
} from '../setups/trusted-and-foreign-origins.ts'

export const redirectStatuses = [301, 302, 303, 307, 308] as const

export interface RedirectTarget {
  readonly name: string
  /** Hops within the API: a path, and the `Location` of its answer. */
  readonly hops: Readonly<Record<string, string>>
  /** Whether the redirect leaves the origin. */
  readonly leaves: boolean
  /** Whether a page on https blocks the redirect as mixed content. */
  readonly isMixedContent?: boolean
  /** The redirect target of the hostile origin, if it redirects. */
  readonly evilRedirectsTo?: string
}

export const targets: readonly RedirectTarget[] = [
  { name: 'the same origin', hops: { '/start': '/me' }, leaves: false },
  { name: 'the same origin, twice', hops: { '/start': '/hop', '/hop': '/me' }, leaves: false },
  {
    name: 'the same origin, written out',
    hops: { '/start': 'HTTPS://api.app.example:443/me' },
    leaves: false
  },
  { name: 'another host', hops: { '/start': `${evilOrigin}/x` }, leaves: true },
  { name: 'another host, by //', hops: { '/start': '//evil.example/x' }, leaves: true },
  {
    name: 'another host that begins with our name',
    hops: { '/start': 'https://api.app.example.evil.example/x' },
    leaves: true
  },
  { name: 'a sub-domain', hops: { '/start': 'https://x.api.app.example/x' }, leaves: true },
  { name: 'the page’s origin', hops: { '/start': `${appOrigin}/x` }, leaves: true },
  { name: 'another port', hops: { '/start': `${ownOrigin}:8443/x` }, leaves: true },
  {
    name: 'plain http',
    hops: { '/start': 'http://api.app.example/x' },
    leaves: true,
    isMixedContent: true
  },
  {
    name: 'another host through our own',
    hops: { '/start': '/hop', '/hop': `${evilOrigin}/x` },
    leaves: true
  },
  {
    name: 'another host and back',
    hops: { '/start': `${evilOrigin}/x` },
    leaves: true,
    evilRedirectsTo: `${ownOrigin}/me`
  }
]

/** The site of the hostile origin. */
export function evilSite({ evilRedirectsTo }: RedirectTarget, status: number): Site {
  return async (request) => {
    const { headers, ...answer } = (await answerWithForgedToken(request)) as Awaited<
      ReturnType<typeof redirect>
    >
    if (evilRedirectsTo === undefined || request.method === 'OPTIONS') return { ...answer, headers }
    return { ...answer, status, headers: [...headers, ['Location', evilRedirectsTo]], body: '' }
  }
}
