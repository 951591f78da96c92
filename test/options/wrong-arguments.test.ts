// Arguments of the client's methods: wrong ones cause a typed error, and instances are not kept
// alive.
import axios from 'axios'
import { createAuthClient } from 'everbearer'
import { describe, expect, it, onTestFinished } from 'vitest'
import { collectGarbage } from '../support/collect-garbage.ts'
import { startRecordingServer } from '../support/setups/recording-server.ts'
import { setUpReplay } from '../support/tables/replay-cases.ts'

describe('login()', () => {
  const form = () => {
    const data = new FormData()
    data.append('email', 'ada@example.com')
    return data
  }
  const itself: Record<string, unknown> = {}
  itself.itself = itself

  it.each<[string, unknown]>([
    // Passes the type check, but serialises to `{}`, so that the server would report a wrong
    // password.
    ['a FormData', form()],
    ['URLSearchParams', new URLSearchParams('email=ada')],
    // The argument of `form.onsubmit = auth.login`.
    ['an event', new Event('submit')],
    ['undefined', undefined],
    ['an object with a BigInt', { id: 1n }],
    ['an object that contains itself', itself]
  ])('login() rejects %s with a typed error and sends no request', async (_, credentials) => {
    const { url, requests } = await startRecordingServer((_request, response) =>
      response.writeHead(401).end()
    )
    const auth = createAuthClient({ baseURL: url })
    onTestFinished(auth.dispose)
    await expect(auth.login(credentials as object)).rejects.toMatchObject({
      code: 'ERR_AUTH_INVALID_OPTIONS'
    })
    expect(requests).toHaveLength(0)
  })
})

describe('attach()', () => {
  it.each([undefined, null, {}, axios.Axios])(
    'attach() rejects %o with a typed error',
    async (instance) => {
      const { auth } = await setUpReplay('http')
      expect(() => auth.attach(instance as never)).toThrow(
        expect.objectContaining({ code: 'ERR_AUTH_INVALID_OPTIONS' })
      )
    }
  )

  it.each([
    ['created', false],
    ['attached', true]
  ])(
    'lets an instance be garbage-collected that the app has %s and dropped',
    async (_, isAttached) => {
      const { auth } = await setUpReplay('http')
      const attachOne = () => {
        const instance = axios.create()
        if (isAttached) auth.attach(instance)
        return new WeakRef(instance)
      }
      const references = Array.from({ length: 10 }, attachOne)
      await collectGarbage()
      expect(references.filter((reference) => reference.deref() !== undefined)).toEqual([])
    }
  )
})

describe('on()', () => {
  const listen = (name: unknown, listener: unknown) => {
    const auth = createAuthClient({ restore: 'never' })
    onTestFinished(auth.dispose)
    return () => auth.on(name as 'refreshed', listener as () => void)
  }

  it.each([
    ['signed_out', 'did you mean "signed-out"?'],
    ['signedIn', 'did you mean "signed-in"?'],
    ['refresh', 'did you mean "refreshed"?'],
    ['Reissued', 'did you mean "reissued"?'],
    ['logout', 'received "logout".'],
    ['toString', 'received "toString".'],
    [undefined, 'received undefined.'],
    [Symbol('signed-in'), 'received Symbol(signed-in).']
  ])('on() rejects the event name %o with a typed error', (name, detail) => {
    expect(listen(name, () => {})).toThrow(
      expect.objectContaining({
        code: 'ERR_AUTH_INVALID_OPTIONS',
        message: expect.stringMatching(/^on\(\): event name: expected one of "signed-in", /)
      })
    )
    expect(listen(name, () => {})).toThrow(detail)
  })

  it.each([undefined, null, 'handler', {}])(
    'on() rejects the listener %o with a typed error',
    (listener) => {
      expect(listen('refreshed', listener)).toThrow(
        expect.objectContaining({
          code: 'ERR_AUTH_INVALID_OPTIONS',
          message: expect.stringMatching(/^on\(\): listener: expected a function/)
        })
      )
    }
  )
})

it.each([undefined, null, 'handler', {}])(
  'subscribe() rejects %o with a typed error',
  (listener) => {
    const auth = createAuthClient({ restore: 'never' })
    onTestFinished(auth.dispose)
    expect(() => auth.subscribe(listener as never)).toThrow(
      expect.objectContaining({
        code: 'ERR_AUTH_INVALID_OPTIONS',
        message: expect.stringMatching(/^subscribe\(\): listener: expected a function/)
      })
    )
  }
)
