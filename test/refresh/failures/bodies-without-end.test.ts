// I13: the body of an auth answer is read up to a limit, and for a limited time.
import { Readable } from 'node:stream'
import { describe, expect, it } from 'vitest'
import {
  type FaultyServerSetup,
  setUpFaultyServer
} from '../../support/setups/faulty-auth-server.ts'
import { ada } from '../../support/setups/test-client.ts'

const mebi = 2 ** 20
const chunk = new Uint8Array(mebi / 4).fill(0x20)

/** A body of 400 MiB that counts what is read of it. */
function createLongBody() {
  let left = 400 * mebi
  let isCancelled = false
  const next = () => {
    left -= chunk.length
    return left < 0 ? undefined : chunk
  }
  const cancel = () => {
    isCancelled = true
  }
  return { next, cancel, readMebi: () => 400 - left / mebi, isCancelled: () => isCancelled }
}

type LongBody = ReturnType<typeof createLongBody>

function toWebStream({ next, cancel }: LongBody): Response {
  return new Response(
    new ReadableStream({
      pull(controller) {
        const value = next()
        if (value === undefined) controller.close()
        else controller.enqueue(value)
      },
      cancel
    })
  )
}

/** The answer of a replaced `fetch` such as `node-fetch`. */
function toNodeStream({ next, cancel }: LongBody): Response {
  const stream = new Readable({
    read() {
      this.push(next() ?? null)
    },
    destroy(error, done) {
      cancel()
      done(error)
    }
  })
  const response = new Response()
  return Object.defineProperty(response, 'body', { value: stream })
}

async function signIn(): Promise<FaultyServerSetup> {
  const setup = setUpFaultyServer()
  await setup.auth.login(ada)
  return setup
}

describe.each([
  ['a web stream', toWebStream],
  ['a stream of Node', toNodeStream]
])('an answer to a refresh with 400 MiB as %s', (_, toResponse) => {
  it('is cancelled after 1 MiB, and keeps the session', async () => {
    const { auth, fault } = await signIn()
    const body = createLongBody()
    fault('/refresh', async () => toResponse(body))
    await expect(auth.refresh()).rejects.toMatchObject({ code: 'ERR_AUTH_RESPONSE_MALFORMED' })
    await new Promise((resolve) => setImmediate(resolve))
    expect(body.isCancelled()).toBe(true)
    expect(body.readMebi()).toBeLessThan(2)
    expect(auth.getState().status).toBe('authenticated')
  })
})

it('rejects at the deadline while the body of the answer does not end', async () => {
  const { auth, fault, clock, idle } = await signIn()
  const endless = new ReadableStream({ pull: () => new Promise(() => {}) })
  fault('/refresh', async () => new Response(endless))
  const refreshing = auth.refresh()
  await idle()
  clock.tick(10_000)
  await expect(refreshing).rejects.toMatchObject({ code: 'ERR_AUTH_TIMEOUT' })
  clock.tick(20_000)
  await idle()
  expect(auth.getRefreshStatus().isRefreshing).toBe(false)
  expect(auth.getState().status).toBe('authenticated')
})
