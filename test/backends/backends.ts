// Backends: the real auth servers, and the facts in which their answers differ.
import type { AuthContract } from 'everbearer'
import {
  directusCookie,
  directusJson,
  djangoSimpleJwt,
  flaskJwtExtended
} from 'everbearer/contracts'
import { expect } from 'vitest'
import type { Browser } from './browser.ts'
import { signInWithCodeFlow } from './code-flow.ts'
import { directusWithGuardedLogout } from './contracts/directus.ts'
import { fastify } from './contracts/fastify.ts'
import { oidcProvider } from './contracts/oidc-provider.ts'

export interface Backend {
  readonly name: string
  /** The start script in `servers/`. */
  readonly server: string
  readonly contract: AuthContract<unknown>
  /** The guarded API endpoint. */
  readonly api: string
  /** The argument of `login()`. */
  readonly credentials: object | ((baseURL: string, browser: Browser) => Promise<object>)
  readonly wrongCredentials: object
  /** The answer to the wrong credentials. */
  readonly rejection: { readonly status: number; readonly body: object }
  /** A part of `getState().user` after a sign-in. */
  readonly user: object
  /** The statuses of the auth requests of a first visit. */
  readonly firstVisit: readonly number[]
  /** The status of a refresh with a revoked refresh token. */
  readonly revoked: number
  /**
   * Whether the next page load repeats a sign-out that had no network. It cannot present a refresh
   * token, because the sign-out has removed it from the store.
   */
  readonly signsOutOnNextLoad: boolean
}

const ann = { email: 'ann@example.com', password: 'correct-Horse-1' }
const annByName = { username: 'ann', password: 'correct-Horse-1' }

const directus = {
  server: 'directus.mjs',
  api: '/users/me',
  credentials: ann,
  wrongCredentials: { ...ann, password: 'wrong' },
  rejection: {
    status: 401,
    body: { errors: [{ extensions: { code: 'INVALID_CREDENTIALS' } }] }
  },
  user: { id: expect.any(String), role: expect.any(String) },
  revoked: 401
}

export const backends: readonly Backend[] = [
  {
    name: 'oidc-provider',
    server: 'oidc-provider.mjs',
    contract: oidcProvider,
    api: '/me',
    credentials: (baseURL, browser) => signInWithCodeFlow(baseURL, browser, ann),
    // A wrong password never leaves the page of the provider, but an invalid code does.
    wrongCredentials: { code: 'invalid', code_verifier: 'v'.repeat(43) },
    rejection: { status: 400, body: { error: 'invalid_grant' } },
    user: { sub: 'user-7', email: 'ann@example.com' },
    firstVisit: [],
    signsOutOnNextLoad: false,
    revoked: 400
  },
  {
    name: 'Fastify with @fastify/jwt',
    server: 'fastify.mjs',
    contract: fastify,
    api: '/me',
    credentials: ann,
    wrongCredentials: { ...ann, password: 'wrong' },
    rejection: { status: 401, body: { message: 'Wrong email or password' } },
    user: { sub: 'user-7', name: 'Ann' },
    firstVisit: [401],
    signsOutOnNextLoad: true,
    revoked: 401
  },
  {
    ...directus,
    name: 'Directus with a refresh cookie',
    contract: directusCookie,
    credentials: ann,
    firstVisit: [400],
    signsOutOnNextLoad: true
  },
  {
    ...directus,
    name: 'Directus with a refresh token',
    contract: directusJson,
    firstVisit: [],
    signsOutOnNextLoad: false
  },
  {
    ...directus,
    name: 'Directus with a guarded logout',
    contract: directusWithGuardedLogout,
    firstVisit: [],
    signsOutOnNextLoad: false
  },
  {
    name: 'Django REST framework with SimpleJWT',
    server: 'django-simplejwt.py',
    contract: djangoSimpleJwt,
    api: '/api/me/',
    credentials: annByName,
    wrongCredentials: { ...annByName, password: 'wrong' },
    rejection: {
      status: 401,
      body: { detail: 'No active account found with the given credentials' }
    },
    user: { user_id: 1 },
    firstVisit: [],
    signsOutOnNextLoad: false,
    revoked: 401
  },
  {
    name: 'Flask-JWT-Extended with cookies',
    server: 'flask-jwt-extended.py',
    contract: flaskJwtExtended,
    api: '/me',
    credentials: annByName,
    wrongCredentials: { ...annByName, password: 'wrong' },
    rejection: { status: 401, body: { msg: 'Bad username or password' } },
    user: { sub: 'ann' },
    firstVisit: [401],
    signsOutOnNextLoad: true,
    revoked: 401
  }
]
