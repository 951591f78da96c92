// Rows of the preset tests: each preset with what its login takes, a set-up, and a sign-in.
import type { AuthClientOptions, AuthContract } from 'everbearer'
import * as presets from 'everbearer/contracts'
import { ada, type ClientSetup, setUpClient } from '../support/setups/test-client.ts'

export type PresetName = keyof typeof presets

export interface PresetRow {
  readonly name: PresetName
  readonly contract: AuthContract
  /** The object for `login()`. `undefined`: the app signs in by a function. */
  readonly credentialsOf: ((password: string) => object) | undefined
  /** How `getState().user` begins. `undefined`: it stays `undefined`. */
  readonly user: Readonly<Record<string, unknown>> | undefined
}

type Credentials = (password: string) => object

const byUserName: Credentials = (password) => ({ username: ada.email, password })
const byEmail: Credentials = (password) => ({ email: ada.email, password })
const byClaim = (claim: string) => ({ [claim]: 'user-1', role: 'admin' })
const bySub = byClaim('sub')

const rows: Readonly<Record<PresetName, Omit<PresetRow, 'name' | 'contract'>>> = {
  deviseJwt: {
    credentialsOf: (password) => ({ user: { email: ada.email, password } }),
    user: bySub
  },
  deviseTokenAuth: { credentialsOf: byEmail, user: { id: 'user-1', email: ada.email } },
  directusCookie: { credentialsOf: byEmail, user: byClaim('id') },
  directusJson: { credentialsOf: byEmail, user: byClaim('id') },
  djangoSimpleJwt: { credentialsOf: byUserName, user: byClaim('user_id') },
  expressCookie: {
    credentialsOf: (pwd) => ({ user: ada.email, pwd }),
    user: { UserInfo: { username: 'user-1' }, role: 'admin' }
  },
  expressKeyRotation: { credentialsOf: byEmail, user: byClaim('id') },
  fastApiTutorial: { credentialsOf: byUserName, user: bySub },
  flaskJwtExtended: { credentialsOf: byUserName, user: bySub },
  laravelSanctum: { credentialsOf: byEmail, user: bySub },
  nestJsGuide: { credentialsOf: byUserName, user: bySub },
  nestJsRefreshTokens: { credentialsOf: byEmail, user: bySub },
  oauth2PublicClient: { credentialsOf: undefined, user: bySub },
  strapi: {
    credentialsOf: (password) => ({ identifier: ada.email, password }),
    user: byClaim('userId')
  }
}

const names = Object.keys(presets) as PresetName[]

export const presetRows: readonly PresetRow[] = names.map((name) => {
  const { [name]: preset } = presets
  const contract = typeof preset === 'function' ? preset({ clientId: 'spa' }) : preset
  return { name, contract, ...rows[name] }
})

export const tokenSeconds = 300

/** A client and a mock that both have the preset. */
export function setUpPreset({ contract }: PresetRow, options: AuthClientOptions = {}): ClientSetup {
  return setUpClient({ contract, ...options }, { contract, accessTokenSeconds: tokenSeconds })
}

export async function signIn(
  { credentialsOf }: PresetRow,
  { auth, server }: ClientSetup
): Promise<void> {
  if (credentialsOf !== undefined) {
    await auth.login(credentialsOf(ada.password))
    return
  }
  const { accessToken, refreshToken } = await server.signIn(ada.email)
  await auth.login(async () => ({ access_token: accessToken, refresh_token: refreshToken }))
}

/** A page load restores the session if the backend has a refresh. */
export function onPageLoad(row: PresetRow): AuthClientOptions {
  return { restore: credentialOf(row) === undefined ? 'hint' : 'always' }
}

/** The credential of a refresh. `undefined`: the backend has no refresh. */
export function credentialOf({ contract: { refresh } }: PresetRow): string | undefined {
  if (refresh === false) return undefined
  return (typeof refresh === 'object' && refresh.credential) || 'cookie'
}
