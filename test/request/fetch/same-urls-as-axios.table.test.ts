// URLs of auth.fetch: a string is joined to `baseURL` exactly as axios joins it.
import { expect, it } from 'vitest'
import {
  evilOrigin,
  headerOf,
  ownOrigin,
  respond,
  setUpOrigins
} from '../../support/setups/trusted-and-foreign-origins.ts'
import { spellings } from '../../support/tables/url-spellings.ts'

const origins = setUpOrigins()

async function signIn(baseURL: string) {
  const { auth } = origins.createClient({ baseURL, restore: 'never' })
  await auth.login(async () => ({ access_token: 'token-1', expires_in: 300 }))
  origins.answer('/', () => respond(200))
  return auth
}

/** The request that arrived, or `undefined` if it was not sent. */
async function arrivalOf(sending: Promise<unknown>) {
  const before = origins.arrivals.length
  await sending.catch(() => {})
  const arrival = origins.arrivals[before]
  if (arrival === undefined) return undefined
  const { origin, path } = arrival
  return { origin, path, token: headerOf(arrival, 'authorization') }
}

const hasUserName = (url: string) => URL.canParse(url) && new URL(url).username !== ''

const bases = [ownOrigin, `${ownOrigin}/`, `${ownOrigin}/v1`, `${ownOrigin}/v1//`]
const urls = [
  ...spellings.map(({ url }) => url),
  './me',
  '../me',
  '//me',
  '/me#part',
  'me?next=//evil.example',
  `${ownOrigin}/v2/me`,
  `${evilOrigin}/me`,
  'blob:https://app.example/1',
  'data:text/plain,x',
  'mailto:ada@example.com'
]

it.each(bases.map((baseURL) => ({ baseURL })))(
  'sends each string to the same URL as axios, with the baseURL $baseURL',
  async ({ baseURL }) => {
    const auth = await signIn(baseURL)
    for (const url of urls) {
      const byAxios = await arrivalOf(auth.axios.get(url, { adapter: 'fetch' }))
      const byFetch = await arrivalOf(auth.fetch(url))
      // `fetch` refuses a URL with a user name. axios refuses `https:` without slashes.
      if (byAxios === undefined) expect(byFetch?.origin ?? ownOrigin, url).toBe(ownOrigin)
      else expect(byFetch, url).toEqual(hasUserName(url) ? undefined : byAxios)
    }
  }
)

it('sends a URL object and a Request where they point to', async () => {
  const auth = await signIn(`${ownOrigin}/v1`)
  for (const input of [new URL('/me', ownOrigin), new Request(`${ownOrigin}/me`)]) {
    expect(await arrivalOf(auth.fetch(input))).toEqual({
      origin: ownOrigin,
      path: '/me',
      token: 'Bearer token-1'
    })
  }
})
