// `httpVersion: 2` means something to axios's http adapter alone: over fetch redirects are followed, and may end elsewhere.
import type { AxiosRequestConfig } from 'axios'
import { expect, it } from 'vitest'
import { arrange } from '../../support/tables/replay-cases.ts'
import { record } from '../../support/worlds/recording-server.ts'

const second: AxiosRequestConfig = { httpVersion: 2 }

it('takes no token from the foreign end of a redirect over fetch, whatever httpVersion says', async () => {
  const evil = await record((_, response) => {
    response.writeHead(200, { Authorization: 'Bearer evil' }).end('{}')
  })
  const { auth, url } = await arrange('fetch', (_, response) => {
    response.writeHead(302, { Location: evil.url }).end()
  })
  await auth.axios.get(url, second)
  expect(await auth.getAccessToken()).toBe('token-1')
})

it('takes no refusal from the foreign end of a redirect over fetch, whatever httpVersion says', async () => {
  const evil = await record((_, response) => void response.writeHead(401).end('{}'))
  const { auth, url, refreshes } = await arrange('fetch', (_, response) => {
    response.writeHead(302, { Location: evil.url }).end()
  })
  await auth.axios.get(url, second).catch(() => {})
  expect(refreshes()).toBe(0)
})
