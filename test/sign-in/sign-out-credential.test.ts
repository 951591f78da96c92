// Sign-out credential: if the credential is in memory only, the sign-out sends it to identify the
// session.
import { type AuthClientOptions, createAuthClient } from 'everbearer'
import { describe, expect, it, onTestFinished } from 'vitest'
import { byAccessToken, contractFor } from '../support/setups/contracts.ts'

type Answer = (path: string, said: string) => Response | Promise<Response>

const token = (n: number) => ({ access_token: `access-${n}`, refresh_token: `refresh-${n}` })
const done = () => new Response(null, { status: 204 })

function setUp(options: AuthClientOptions) {
  const signOuts: string[] = []
  let answer: Answer = done
  const auth = createAuthClient({
    baseURL: 'http://localhost:1',
    restore: 'never',
    ...options,
    platform: {
      async fetch(url, { headers, body }) {
        const said = `${new Headers(headers).get('Authorization') ?? ''} ${body}`
        const path = new URL(url).pathname
        if (path === '/logout') signOuts.push(said)
        return answer(path, said)
      }
    }
  })
  onTestFinished(auth.dispose)
  return {
    auth,
    signOuts,
    answerWith(other: Answer) {
      answer = other
    }
  }
}

async function overrule({ auth, answerWith }: ReturnType<typeof setUp>): Promise<void> {
  let release = (_: Response) => {}
  let arrived = () => {}
  const arrival = new Promise<void>((resolve) => {
    arrived = resolve
  })
  answerWith((path) => {
    if (path !== '/login') return done()
    arrived()
    return new Promise((resolve) => {
      release = resolve
    })
  })
  const signingIn = auth.login({ email: 'ada' }).catch((error) => error.code)
  await arrival
  const signingOut = auth.logout()
  release(Response.json(token(2)))
  expect(await signingIn).toBe('ERR_AUTH_SESSION_CHANGED')
  await signingOut
}

describe.each(['access-token', 'refresh-token'] as const)('with the credential %s', (name) => {
  const credential = (n: number) => `${name.replace('-token', '')}-${n}`

  it('sends the credential again with a second logout() after an unconfirmed one', async () => {
    const { auth, signOuts, answerWith } = setUp({ contract: contractFor[name] })
    await auth.login(async () => token(1))
    answerWith(() => Promise.reject(new TypeError('offline')))
    expect(await auth.logout()).toEqual({ confirmed: false })
    // The server finds sessions by this credential alone.
    answerWith(
      (_, said) => new Response(null, { status: said.includes(credential(1)) ? 204 : 401 })
    )
    expect(await auth.logout()).toEqual({ confirmed: true })
    expect(signOuts.at(-1)).toContain(credential(1))
  })

  it('sends the previous session’s credential with a logout() during a sign-in', async () => {
    const setup = setUp({ contract: contractFor[name] })
    await setup.auth.login(async () => token(1))
    await overrule(setup)
    expect(setup.signOuts.join()).toContain(credential(1))
  })

  it('ends an overruled sign-in with the credential that it returned', async () => {
    const setup = setUp({ contract: contractFor[name] })
    await overrule(setup)
    expect(setup.signOuts.join()).toContain(credential(2))
  })
})

it('does not confirm a sign-out on a 401 if its credential was withheld', async () => {
  const { auth, answerWith } = setUp({
    contract: { ...byAccessToken, logout: 'http://localhost:2/logout' }
  })
  await auth.login(async () => ({ access_token: 'access-1' }))
  answerWith((_, said) => new Response(null, { status: said.includes('access-1') ? 204 : 401 }))
  expect(await auth.logout()).toEqual({ confirmed: false })
})

it.each(['cookie', 'access-token'] as const)(
  'with the credential %s neither keeps nor sends a refresh token that the function given to login() returned',
  async (name) => {
    const { auth, signOuts } = setUp({ contract: contractFor[name] })
    await auth.login(async () => token(1))
    await auth.logout()
    expect(signOuts.join()).not.toContain('refresh-1')
  }
)
