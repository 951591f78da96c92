// Canary hunt in a page: finds a token in storage, cookies, the URL, the document and globals.
import { createMockAuthServer } from 'everbearer/mock'
import { afterEach, expect, it } from 'vitest'
import { canaryHunter } from '../support/hunt/canary.ts'

const hiding: readonly [string, (token: string) => void][] = [
  ['localStorage', (token) => localStorage.setItem('token', token)],
  ['sessionStorage', (token) => sessionStorage.setItem('token', token)],
  ['document.cookie', (token) => Object.assign(document, { cookie: `token=${token}` })],
  ['location', (token) => history.replaceState(null, '', `#${token}`)],
  ['document', (token) => document.body.setAttribute('data-token', token)],
  ['globalThis.token', (token) => Object.assign(window, { token })]
]

afterEach(() => {
  localStorage.clear()
  sessionStorage.clear()
  Object.assign(document, { cookie: 'token=; Max-Age=0' })
  history.replaceState(null, '', '#')
  document.body.removeAttribute('data-token')
  Reflect.deleteProperty(window, 'token')
})

it.each(hiding)('the token hunt finds a token in %s of a page', async (place, hide) => {
  const { body } = await createMockAuthServer().handle({
    method: 'POST',
    url: 'http://localhost/login',
    headers: [['Content-Type', 'application/json']],
    body: JSON.stringify({ email: 'ada@example.com', password: 'lovelace' })
  })
  hide(JSON.parse(body).access_token)
  expect(() => canaryHunter.check()).toThrow(place)
})
