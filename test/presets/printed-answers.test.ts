// Presets and the printed answers of their backends: the client understands each of them.
import { isAuthError } from 'everbearer'
import { expect, it } from 'vitest'
import type { ClientSetup } from '../support/setups/test-client.ts'
import { type PrintedAnswers, printedAnswers, tokenOf } from './printed-answers.ts'
import { credentialOf, type PresetRow, presetRows, setUpPreset, signIn } from './rows.ts'

type PrintedRow = PresetRow & { readonly printed: PrintedAnswers }

const rows = presetRows.map((row): PrintedRow => ({ ...row, printed: printedAnswers[row.name] }))

function having(answer: keyof PrintedAnswers): readonly PrintedRow[] {
  return rows.filter(({ printed }) => printed[answer] !== undefined)
}

/** Answers the next request to the endpoint with the printed answer. */
function print(
  { contract, printed }: PrintedRow,
  { browser }: ClientSetup,
  endpoint: 'login' | 'refresh' | 'logout',
  answer: 'login' | 'wrongPassword' | 'sessionOver' | 'visitor' | 'loggedOut'
): void {
  const { [endpoint]: request } = contract
  const path = (typeof request === 'object' && request.path) || ''
  const given = printed[answer]
  const response = typeof given === 'function' ? given(tokenOf(printed)) : given
  if (response !== undefined) browser.intercept(path, { kind: 'answer', response })
}

it.each(having('login'))('signs in with the answer that $name prints', async (row) => {
  const setup = setUpPreset(row)
  const { auth, browser } = setup
  print(row, setup, 'login', 'login')
  await auth.login(row.credentialsOf?.('any') ?? {})
  expect(await auth.getAccessToken()).toBe(tokenOf(row.printed))
  const user = 'user' in row.printed ? row.printed.user : row.printed.claims
  expect(auth.getState()).toMatchObject({ status: 'authenticated', user })
  expect(browser.warnings).toEqual([])
})

it.each(having('wrongPassword'))('rejects a sign-in with the answer of $name', async (row) => {
  const setup = setUpPreset(row)
  print(row, setup, 'login', 'wrongPassword')
  const rejection = setup.auth.login(row.credentialsOf?.('wrong') ?? {})
  await expect(rejection).rejects.toSatisfy((error) =>
    isAuthError(error, 'ERR_AUTH_LOGIN_REJECTED')
  )
})

it.each(rows)('understands the refusal of a token that $name prints', async (row) => {
  const setup = setUpPreset(row)
  const { auth, browser, callsTo } = setup
  await signIn(row, setup)
  browser.intercept('/me', { kind: 'answer', response: row.printed.tokenRefused })
  const isRefreshable = credentialOf(row) !== undefined
  const answer = await auth.axios.get('/me').catch(({ response }) => response)
  expect(answer.status).toBe(isRefreshable ? 200 : row.printed.tokenRefused.status)
  expect(callsTo('refresh')).toHaveLength(isRefreshable ? 1 : 0)
  expect(auth.getState().status).toBe(isRefreshable ? 'authenticated' : 'unauthenticated')
})

it.each(having('sessionOver'))('ends the session with the answer of $name', async (row) => {
  const setup = setUpPreset(row)
  await signIn(row, setup)
  print(row, setup, 'refresh', 'sessionOver')
  await setup.auth.refresh().catch(() => {})
  expect(setup.auth.getState()).toMatchObject({
    status: 'unauthenticated',
    reason: 'session-expired'
  })
})

it.each(having('visitor'))('knows a visitor by the answer of $name', async (row) => {
  const setup = setUpPreset(row)
  print(row, setup, 'refresh', 'visitor')
  const next = setup.reload({ restore: 'always' })
  expect(await next.ready()).toMatchObject({ status: 'unauthenticated', reason: 'no-session' })
})

it.each(having('visitor'))('ends the session with $name if the cookie is gone', async (row) => {
  const setup = setUpPreset(row)
  await signIn(row, setup)
  print(row, setup, 'refresh', 'visitor')
  await setup.auth.refresh().catch(() => {})
  expect(setup.auth.getState().status).toBe('unauthenticated')
})

it.each(having('loggedOut'))('confirms a sign-out by the answer of $name', async (row) => {
  const setup = setUpPreset(row)
  await signIn(row, setup)
  print(row, setup, 'logout', 'loggedOut')
  expect(await setup.auth.logout()).toEqual({ confirmed: true })
})
