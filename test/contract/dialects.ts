// Dialects: the two contracts of the suite, and how a client without everbearer speaks each.
//
// The cases run in pages too, so this file imports only types.
import type { Dialect } from './setup/contract-setup.ts'

const json = { 'Content-Type': 'application/json' }

const usual: Dialect = {
  name: 'usual',
  options: {},
  me: '/me',
  todos: '/api/todos',
  login: (who) => ({ method: 'POST', path: '/login', headers: json, body: JSON.stringify(who) }),
  refresh: { method: 'POST', path: '/refresh', headers: json, body: '{}' },
  logout: { method: 'POST', path: '/logout', headers: json, body: '{}' },
  carry: (token) => ({ Authorization: `Bearer ${token}` }),
  tokenOf: ({ text }) => JSON.parse(text).access_token,
  reissuedOf: (answer) => answer.header('authorization')?.replace(/^Bearer /, '') ?? null,
  beginning: '{"access_token"',
  statuses: { accessToken: 401, session: 401, noSession: 401, credentials: 401, signedOut: 204 }
}

const form = { 'Content-Type': 'application/x-www-form-urlencoded', 'X-Client': 'spa' }

/** Every part differs from the default contract. */
const other: Dialect = {
  name: 'other',
  options: {
    basePath: '/auth',
    contract: {
      login: {
        path: 'session/',
        method: 'PUT',
        body: 'form',
        fields: { client_id: 'spa' },
        headers: { 'X-Client': 'spa' },
        credentials: { name: 'username', password: 'pass' }
      },
      refresh: {
        path: '/session/?next=1',
        method: 'PATCH',
        body: 'form',
        fields: { client_id: 'spa' },
        headers: { 'X-Client': 'spa' }
      },
      logout: {
        path: '/session/',
        method: 'DELETE',
        body: 'none',
        fields: { client_id: 'spa' },
        confirmedBy: { status: 200, body: { 'data.ended': true } }
      },
      tokens: { accessToken: 'data.0.token', expiresIn: { at: 'data.0.ttl', unit: 'ms' } },
      attach: { header: 'X-Auth-Token', scheme: '' },
      reissue: { header: 'X-New-Token', scheme: 'JWT' },
      refusals: {
        accessToken: { status: 403, body: { 'error.code': 'EXPIRED' } },
        session: { status: 410, text: 'session over' },
        noSession: 404,
        credentials: { status: 422, challenge: { scheme: 'Form', error: 'wrong' } }
      },
      user: { id: { answer: 'data.0.user.id' }, profile: 'data.0.user' }
    }
  },
  me: '/auth/me',
  todos: '/auth/api/todos',
  login: ({ email, password }) => ({
    method: 'PUT',
    path: '/auth/session/',
    headers: form,
    body: new URLSearchParams({ client_id: 'spa', username: email, pass: password }).toString()
  }),
  refresh: {
    method: 'PATCH',
    path: '/auth/session/?next=1',
    headers: form,
    body: 'client_id=spa'
  },
  logout: { method: 'DELETE', path: '/auth/session/?client_id=spa' },
  carry: (token) => ({ 'X-Auth-Token': token }),
  tokenOf: ({ text }) => JSON.parse(text).data[0].token,
  reissuedOf: (answer) => answer.header('x-new-token')?.replace(/^JWT /, '') ?? null,
  beginning: '{"data":[{',
  statuses: { accessToken: 403, session: 410, noSession: 404, credentials: 422, signedOut: 200 }
}

export const dialects: readonly Dialect[] = [usual, other]

export function dialectOf(name: string | null): Dialect {
  return dialects.find((one) => one.name === name) ?? usual
}
