// Where a redirect may lead: what each hop answers, and who sees the request in the end.
import type { Site } from '../worlds/internet.ts'
import {
  appOrigin,
  evilOrigin,
  ownOrigin,
  type redirect,
  temptation
} from '../worlds/trusted-and-foreign-origins.ts'

export const redirectStatuses = [301, 302, 303, 307, 308] as const

export interface RedirectTarget {
  readonly name: string
  /** Hops within our API: path to the `Location` that it answers with. */
  readonly hops: Readonly<Record<string, string>>
  /** Does it lead away from the origin? */
  readonly leaves: boolean
  /** A page of https gets no further than to the border: mixed content. */
  readonly isMixedContent?: boolean
  /** Where the evil origin redirects to, if it does. */
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
    name: 'another host, behind our name',
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
    name: 'another host, by way of our own',
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

/** The evil origin's part in it. */
export function evilSite({ evilRedirectsTo }: RedirectTarget, status: number): Site {
  return async (request) => {
    const { headers, ...answer } = (await temptation(request)) as Awaited<
      ReturnType<typeof redirect>
    >
    if (evilRedirectsTo === undefined || request.method === 'OPTIONS') return { ...answer, headers }
    return { ...answer, status, headers: [...headers, ['Location', evilRedirectsTo]], body: '' }
  }
}
