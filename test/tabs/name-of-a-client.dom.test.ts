// The name of a client: two clients of one page must not act as one session by accident.
import { createAuthClient } from 'everbearer'
import { expect, it, onTestFinished } from 'vitest'

const options = { baseURL: 'https://api.example.com', restore: 'never' } as const

function create(changed: object = {}) {
  const auth = createAuthClient({ ...options, ...changed })
  onTestFinished(auth.dispose)
  return auth
}

it('throws if a page has another client with the same name and refresh endpoint', () => {
  create()
  expect(() => create()).toThrow(
    expect.objectContaining({
      code: 'ERR_AUTH_INVALID_OPTIONS',
      message: expect.stringMatching(
        /^Option name: expected a name that no other client .*"default"/
      )
    })
  )
})

it('creates clients with other names or for other APIs', () => {
  create()
  create({ name: 'second' })
  create({ baseURL: 'https://other.example.com' })
})

it('creates a client with the name of a client that was disposed of', () => {
  create().dispose()
  create().dispose()
  create()
})

it('frees the name if the options of the client are wrong', () => {
  expect(() => create({ initialToken: { access_token: 7 } })).toThrow()
  create()
})
