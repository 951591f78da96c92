// Redirects over fetch with `httpVersion: 2`, an option that only axios's http adapter knows.
import type { AxiosRequestConfig } from 'axios'
import { expect, it } from 'vitest'
import { startRecordingServer } from '../../support/setups/recording-server.ts'
import { setUpReplay } from '../../support/tables/replay-cases.ts'

const second: AxiosRequestConfig = { httpVersion: 2 }

it('does not adopt a token from another origin after a redirect over fetch with httpVersion 2', async () => {
  const evil = await startRecordingServer((_, response) => {
    response.writeHead(200, { Authorization: 'Bearer evil' }).end('{}')
  })
  const { auth, url } = await setUpReplay('fetch', (_, response) => {
    response.writeHead(302, { Location: evil.url }).end()
  })
  await auth.axios.get(url, second)
  expect(await auth.getAccessToken()).toBe('token-1')
})

it('does not refresh on a 401 from another origin after a redirect over fetch with httpVersion 2', async () => {
  const evil = await startRecordingServer((_, response) => void response.writeHead(401).end('{}'))
  const { auth, url, refreshes } = await setUpReplay('fetch', (_, response) => {
    response.writeHead(302, { Location: evil.url }).end()
  })
  await auth.axios.get(url, second).catch(() => {})
  expect(refreshes()).toBe(0)
})
