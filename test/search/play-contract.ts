// Play of a contract: a client and the mock go through a whole session, and each step is checked.

import { type AuthClientOptions, type AuthContract, isAuthError } from 'everbearer'
import { ada, setUpClient } from '../support/setups/test-client.ts'

const tokenSeconds = 300

/** @returns the steps that went wrong; empty if client and mock understand each other */
export async function playContract(
  clientContract: AuthContract,
  mockContract: AuthContract = clientContract
): Promise<string[]> {
  const wrong: string[] = []
  const isRefreshable = clientContract.refresh !== false
  const restore = isRefreshable ? 'always' : 'never'
  const options: AuthClientOptions = { contract: clientContract, restore }
  const { auth, server, browser, clock, idle, callsTo, reload, eventNames } = setUpClient(options, {
    contract: mockContract,
    accessTokenSeconds: tokenSeconds,
    allowedHeaders: allHeaders
  })

  function check(step: string, isRight: boolean): void {
    if (!isRight) wrong.push(step)
  }
  // After a failed refresh, a call waits for the next one.
  async function settled<T>(call: Promise<T>): Promise<T> {
    let isSettled = false
    const note = () => {
      isSettled = true
    }
    call.then(note, note)
    for (let ticks = 0; ticks < 3 && !isSettled; ticks += 1) {
      await idle()
      if (!isSettled) clock.tick(20_000)
    }
    return call
  }
  async function attempt<T>(step: string, work: () => Promise<T>): Promise<T | undefined> {
    try {
      return await settled(work())
    } catch (error) {
      const code = isAuthError(error)
        ? error.code
        : (error as { response?: { status: number } })?.response?.status
      wrong.push(`${step}: ${String(code ?? error)}`)
      return undefined
    }
  }
  const credentials = readNames(clientContract)
  const signIn = (password = ada.password) =>
    auth.login(nested({ [credentials.name]: ada.email, [credentials.password]: password }))
  const ask = (step: string): Promise<unknown> =>
    attempt(step, async () => (await auth.axios.get('/data')).data)
  const isSignedIn = () => auth.getState().status === 'authenticated'

  // A first-time visitor.
  await settled(auth.ready())
  await idle()
  check('a visitor is signed out', auth.getState().status === 'unauthenticated')
  check('a visitor costs one refresh at most', callsTo('refresh').length <= 1)

  const rejection = await settled(signIn('wrong')).catch((error: unknown) => error)
  check('wrong credentials are rejected', isAuthError(rejection, 'ERR_AUTH_LOGIN_REJECTED'))

  await attempt('sign-in', () => signIn())
  check('the user is signed in', isSignedIn())
  if (!isSignedIn()) return wrong
  const answered = await ask('a request')
  check('the request carries the token', isPath(answered, '/data'))

  // Expiry. The server's clock moves on with the device, so a step ends at the planned refresh.
  const before = callsTo('refresh').length
  clock.tick(tokenSeconds * 0.85 * 1000)
  await idle()
  if (isRefreshable) {
    check('a lifetime costs one refresh', callsTo('refresh').length <= before + 1)
    check(
      'a token is refreshed before it expires',
      callsTo('refresh').at(-1)?.issuedJti !== undefined
    )
    if (!isAccessTokenCredential(clientContract)) clock.sleep((tokenSeconds + 5) * 1000)
    await ask('a request after the expiry')
    check(
      'no request carries an expired token',
      server.calls.every(({ outcome }) => outcome !== 'token_expired')
    )
  } else {
    clock.tick(tokenSeconds * 0.2 * 1000)
    await idle()
    check('without a refresh the session ends at the expiry', !isSignedIn())
    await attempt('sign-in after the expiry', () => signIn())
  }
  check('the user is signed in after the expiry', isSignedIn())

  // Re-issue.
  if (clientContract.reissue !== false) {
    server.rotateKey()
    await ask('a request with a token of the old key')
    check('a re-issued token is adopted', eventNames().includes('reissued'))
  }

  // Refusal.
  const refreshes = callsTo('refresh').length
  server.revokeAccessTokens()
  if (isRefreshable && !isAccessTokenCredential(clientContract)) {
    const replayed = await ask('a request with a revoked token')
    check('a refused request is replayed', isPath(replayed, '/data'))
    check('a refusal causes one refresh', callsTo('refresh').length === refreshes + 1)
    server.endSessions()
    await settled(auth.refresh()).catch(() => {})
    check('a refused refresh ends the session', auth.getState().status === 'unauthenticated')
  } else {
    await settled(auth.axios.get('/data')).catch(() => {})
    check('a refused token ends the session', auth.getState().status === 'unauthenticated')
  }

  // Sign-out.
  await attempt('a second sign-in', () => signIn())
  const live = server.sessions.length
  const { confirmed } = (await attempt('sign-out', () => auth.logout())) ?? { confirmed: false }
  check('the sign-out is confirmed', confirmed)
  if (clientContract.logout !== false) {
    check('the sign-out ends the session on the server', server.sessions.length === live - 1)
    const later = reload()
    await settled(later.ready())
    await idle()
    check('a page load stays signed out', later.getState().status === 'unauthenticated')
  }

  const misunderstood = server.calls.filter(({ outcome }) => misunderstandings.has(outcome))
  check(
    `the server understands each request (${misunderstood.map(({ route, outcome }) => `${route} ${outcome}`)})`,
    misunderstood.length === 0
  )
  wrong.push(...server.violations.map(({ rule }) => `the client breaks the rule ${rule}`))
  check('no warning for the developer', browser.warnings.length === 0)
  return wrong
}

const allHeaders = ['Authorization', 'Content-Type', 'Idempotency-Key']
const misunderstandings = new Set<string>([
  'bad_request',
  'not_found',
  'method_not_allowed',
  'unsupported_media_type',
  'csrf_mismatch'
])

function readNames({ login }: AuthContract): { name: string; password: string } {
  const { name = 'email', password = 'password' } =
    (typeof login === 'object' ? login.credentials : undefined) ?? {}
  return { name, password }
}

/** The fields at their dotted paths. */
function nested(fields: Readonly<Record<string, string>>): object {
  const body: Record<string, unknown> = {}
  for (const [path, value] of Object.entries(fields)) {
    const names = path.split('.')
    const last = names.pop() ?? ''
    let holder = body
    for (const name of names) {
      holder[name] ??= {}
      holder = holder[name] as Record<string, unknown>
    }
    holder[last] = value
  }
  return body
}

function isAccessTokenCredential({ refresh }: AuthContract): boolean {
  return typeof refresh === 'object' && refresh.credential === 'access-token'
}

function isPath(data: unknown, path: string): boolean {
  return (
    typeof data === 'object' && data !== null && String(Reflect.get(data, 'url')).endsWith(path)
  )
}
