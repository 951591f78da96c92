// I6: a relative URL of the options that leads to another origin gets no credentials.
import { type AuthClientOptions, isAuthError } from 'everbearer'
import { describe, expect, it } from 'vitest'
import { credentials, json, setUpServer } from '../support/setups/hand-written-server.ts'

const spellings = ['/\\evil.example/auth', '/\t/evil.example/auth', '\\\\evil.example/auth']

async function signIn(options: AuthClientOptions): Promise<readonly string[]> {
  const urls: string[] = []
  try {
    const { auth } = setUpServer(
      ({ url }) => {
        urls.push(url)
        return json(200, { access_token: 'access', expires_in: 300 })
      },
      { restore: 'never', ...options }
    )
    await auth.login(credentials)
  } catch (error) {
    if (!isAuthError(error, 'ERR_AUTH_INVALID_OPTIONS')) throw error
  }
  return urls
}

describe.each(spellings)('%j', (url) => {
  it.each<[string, AuthClientOptions]>([
    ['baseURL', { baseURL: url }],
    ['the path of the login', { baseURL: '', contract: { login: url } }],
    ['the path of the login after a relative baseURL', { baseURL: '/', contract: { login: url } }]
  ])('as %s is rejected before anything is sent', async (_, options) => {
    expect(await signIn(options)).toEqual([])
  })
})
