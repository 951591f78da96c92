// Uploads: a file on disk is read for each send, and not copied for a replay.
import { EventEmitter, once } from 'node:events'
import { mkdtempSync, openAsBlob, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createAuthClient } from 'everbearer'
import { describe, expect, it, onTestFinished } from 'vitest'
import { collectGarbage } from '../../support/collect-garbage.ts'
import { refuseFirstToken, startRecordingServer } from '../../support/setups/recording-server.ts'

const mebi = 2 ** 20

async function createClient(baseURL: string) {
  let issued = 0
  const issue = async () => ({ access_token: `token-${++issued}` })
  const auth = createAuthClient({ baseURL, contract: { refresh: issue } })
  onTestFinished(auth.dispose)
  await auth.login(issue)
  return auth
}

async function createFile(bytes: number): Promise<Blob> {
  const folder = mkdtempSync(join(tmpdir(), 'everbearer-'))
  onTestFinished(() => rmSync(folder, { recursive: true }))
  const path = join(folder, 'upload.bin')
  writeFileSync(path, 'content')
  truncateSync(path, bytes)
  return openAsBlob(path, { type: 'image/png' })
}

/** A server that reads a request and answers when the test says so. */
async function startSilentServer() {
  const events = new EventEmitter()
  const server = createServer((request, response) => {
    events.once('answer', () => response.end())
    request.resume().on('end', () => events.emit('received'))
  })
  await once(server.listen(0, 'localhost'), 'listening')
  onTestFinished(() => void server.close())
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    received: () => once(events, 'received'),
    answer: () => events.emit('answer')
  }
}

const formWith = (file: Blob) => {
  const form = new FormData()
  form.append('title', 'first')
  form.append('file', file, 'photo.png')
  return form
}

describe.each([
  ['a file', (file: Blob) => file],
  ['a form with a file', formWith]
])('%s from disk', (_, toBody) => {
  it('is sent and replayed as fetch sends it', async () => {
    const { url, requests } = await startRecordingServer(refuseFirstToken)
    const auth = await createClient(url)
    const file = await createFile(1_000)
    const init = { method: 'POST', headers: { 'X-Own': '1' } }
    expect((await auth.fetch('/upload', { ...init, body: toBody(file) })).status).toBe(200)
    await fetch(`${url}/upload`, { ...init, body: toBody(file) })
    const [first, second, plain] = requests.map(({ method, headers, body }) => {
      const text = body.toString()
      const boundary = /^--(\S+)/.exec(text)?.[1]
      const neutral = (part: string) => (boundary ? part.replaceAll(boundary, 'boundary') : part)
      return {
        method,
        headers: headers
          .filter(([name]) => name.toLowerCase() !== 'authorization')
          .map(([name, value]) => [name, neutral(value)]),
        body: neutral(text)
      }
    })
    expect(requests).toHaveLength(3)
    expect(first).toEqual(plain)
    expect(second).toEqual(plain)
  })

  it('takes no more memory than with fetch while the server has not answered', async () => {
    const { url, received, answer } = await startSilentServer()
    const auth = await createClient(url)
    const file = await createFile(16 * mebi)
    const held: number[] = []
    // Node’s own fetch keeps one copy, for a redirect.
    for (const send of [fetch, auth.fetch]) {
      // Frees what the send before has held.
      await collectGarbage()
      const before = process.memoryUsage().arrayBuffers
      const sending = send(`${url}/upload`, { method: 'POST', body: toBody(file) })
      await received()
      await collectGarbage()
      held.push((process.memoryUsage().arrayBuffers - before) / mebi)
      answer()
      expect(await (await sending).text()).toBe('')
    }
    const [plain = 0, ours = Infinity] = held
    expect(ours - plain).toBeLessThan(4)
  })
})

it('sends the form as it was when the call began, also in the replay', async () => {
  const { url, requests } = await startRecordingServer(refuseFirstToken)
  const auth = await createClient(url)
  const form = formWith(await createFile(10))
  const sending = auth.fetch('/upload', { method: 'POST', body: form })
  form.set('title', 'second')
  expect((await sending).status).toBe(200)
  expect(requests.map(({ body }) => /first|second/.exec(body.toString())?.[0])).toEqual([
    'first',
    'first'
  ])
})
