// Browser-only behaviour: headers that no-cors removes, and errors of streamed answers.
import { expect, it } from 'vitest'
import { appOrigin, ownOrigin, withCors } from '../../support/setups/trusted-and-foreign-origins.ts'
import type {} from './page/main.ts'
import { setUpPage } from './page-setup.ts'

const { origins, page, signIn } = setUpPage()

it('rejects a no-cors request that requires the token, because the browser removes the header', async () => {
  await signIn()
  const outcome = await page().evaluate(
    (url) =>
      window.page.auth.fetch(url, { mode: 'no-cors', everbearer: { accessToken: 'require' } }).then(
        ({ type }) => `sent, and got an ${type} answer`,
        (error) => error.code
      ),
    `${ownOrigin}/items`
  )
  expect(outcome).toBe('ERR_AUTH_INVALID_OPTIONS')
  expect(origins.callsTo('/items')).toEqual([])
})

it('keeps the token out of the error of a stream that exceeds maxContentLength', async () => {
  const token = await signIn()
  // Chunked, so that no header announces the length.
  const raw = [
    'HTTP/1.1 200 OK',
    'Transfer-Encoding: chunked',
    `Access-Control-Allow-Origin: ${appOrigin}`,
    'Access-Control-Allow-Credentials: true',
    '',
    '10',
    'sixteen letters.',
    '0',
    '',
    ''
  ].join('\r\n')
  origins.answer(
    '/long',
    withCors(() => ({ raw }))
  )
  const printed = await page().evaluate(async () => {
    const options = { adapter: 'fetch', responseType: 'stream', maxContentLength: 10 } as const
    const { data } = await window.page.auth.axios.get('/long', options)
    const reader = data.getReader()
    try {
      while (!(await reader.read()).done);
    } catch (error) {
      return JSON.stringify(error)
    }
    return 'no error'
  })
  expect(printed).toContain('maxContentLength size of 10 exceeded')
  expect(printed).not.toContain(token)
})
