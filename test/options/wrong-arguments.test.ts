// Bad input gets a typed error, and nothing is kept longer than it is used.
import axios from 'axios'
import { createAuthClient } from 'everbearer'
import { describe, expect, it, onTestFinished } from 'vitest'
import { collectGarbage } from '../support/collect-garbage.ts'
import { arrange } from '../support/tables/replay-cases.ts'
import { record } from '../support/worlds/recording-server.ts'

describe('login', () => {
  const form = () => {
    const data = new FormData()
    data.append('email', 'ada@example.com')
    return data
  }
  const itself: Record<string, unknown> = {}
  itself.itself = itself

  it.each<[string, unknown]>([
    // It passes the types, is sent as {}, and the user is told that the password is wrong.
    ['a FormData', form()],
    ['URLSearchParams', new URLSearchParams('email=ada')],
    // As `form.onsubmit = auth.login` hands one over.
    ['an event', new Event('submit')],
    ['nothing', undefined],
    ['a BigInt within', { id: 1n }],
    ['an object that holds itself', itself]
  ])('refuses %s by a typed error, and sends nothing', async (_, credentials) => {
    const { url, requests } = await record((_request, response) => response.writeHead(401).end())
    const auth = createAuthClient({ baseURL: url })
    onTestFinished(auth.dispose)
    await expect(auth.login(credentials as object)).rejects.toMatchObject({
      code: 'ERR_AUTH_INVALID_OPTIONS'
    })
    expect(requests).toHaveLength(0)
  })
})

describe('attach', () => {
  it.each([undefined, null, {}, axios.Axios])('refuses %o by a typed error', async (instance) => {
    const { auth } = await arrange('http')
    expect(() => auth.attach(instance as never)).toThrow(
      expect.objectContaining({ code: 'ERR_AUTH_INVALID_OPTIONS' })
    )
  })

  it.each([
    ['that is not attached', false],
    ['that is attached', true]
  ])('keeps no instance alive %s, once the app has let go of it', async (_, isAttached) => {
    const { auth } = await arrange('http')
    const attachOne = () => {
      const instance = axios.create()
      if (isAttached) auth.attach(instance)
      return new WeakRef(instance)
    }
    const references = Array.from({ length: 10 }, attachOne)
    await collectGarbage()
    expect(references.filter((reference) => reference.deref() !== undefined)).toEqual([])
  })
})
