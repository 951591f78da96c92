// CSRF cookie: in a page, the value of a cookie that scripts may read, percent-decoded.
import { createAuthClient } from 'everbearer'
import { expect, it, onTestFinished } from 'vitest'

async function sentToken(cookie: string | undefined): Promise<string | null> {
  const setCookie = (value: string) => Reflect.set(document, 'cookie', value)
  if (cookie !== undefined) setCookie(cookie)
  onTestFinished(() => void setCookie('XSRF-TOKEN=; max-age=0'))
  let sent: string | null = null
  const auth = createAuthClient({
    restore: 'never',
    contract: { login: { csrf: { cookie: 'XSRF-TOKEN', header: 'X-XSRF-TOKEN' } } },
    platform: {
      async fetch(_, { headers }) {
        sent = new Headers(headers).get('X-XSRF-TOKEN')
        return Response.json({ access_token: 'a' })
      }
    }
  })
  onTestFinished(auth.dispose)
  await auth.login({})
  return sent
}

it.each([
  ['a plain value', 'XSRF-TOKEN=abc', 'abc'],
  ['an encoded value', 'XSRF-TOKEN=a%3D%3D', 'a=='],
  ['a value that is not encoded', 'XSRF-TOKEN=100%', '100%'],
  ['a value with an equals sign', 'XSRF-TOKEN=a=b', 'a=b'],
  ['no cookie', undefined, null],
  ['another cookie that ends with the name', 'MY-XSRF-TOKEN=abc', null]
])('a login request repeats %s in its header', async (_, cookie, expected) => {
  expect(await sentToken(cookie)).toBe(expected)
})

it('a cookie value that no header can hold is not sent', async () => {
  expect(await sentToken('XSRF-TOKEN=a%0D%0Ab')).toBe(null)
})
