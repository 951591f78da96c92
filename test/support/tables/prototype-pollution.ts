// Prototype pollution: property names for `Object.prototype`, each with its most harmful value.

const evilOrigin = 'https://evil.example'
const evilToken = 'evil.evil.evil'
const evilFetch = async () => new Response(JSON.stringify({ access_token: evilToken }))

/** Options of axios, named as in `AxiosRequestConfig`. */
const axiosOptions: Readonly<Record<string, unknown>> = {
  adapter: async (config: unknown) => ({ data: 'evil', status: 200, headers: {}, config }),
  allowAbsoluteUrls: false,
  allowedSocketPaths: ['/tmp/evil.sock'],
  auth: { username: 'evil', password: 'evil' },
  baseURL: evilOrigin,
  beforeRedirect: () => {},
  cancelToken: { promise: Promise.resolve(), throwIfRequested() {} },
  data: 'evil',
  decompress: false,
  env: { fetch: evilFetch },
  family: 6,
  fetchOptions: { redirect: 'follow', mode: 'no-cors' },
  formSerializer: { maxDepth: 1 },
  headers: { Authorization: `Bearer ${evilToken}`, 'X-Evil': '1' },
  http2Options: { sessionTimeout: 1 },
  httpAgent: {},
  httpVersion: 2,
  httpsAgent: {},
  insecureHTTPParser: true,
  lookup: () => {},
  maxBodyLength: 1,
  maxContentLength: 1,
  maxRate: 1,
  maxRedirects: 0,
  method: 'delete',
  onDownloadProgress: () => {},
  onUploadProgress: () => {},
  params: { evil: '1' },
  paramsSerializer: () => 'evil',
  parseReviver: () => 'evil',
  proxy: { protocol: 'http', host: 'evil.example', port: 80 },
  redact: ['data'],
  responseEncoding: 'base64',
  responseType: 'stream',
  sensitiveHeaders: ['x'],
  signal: AbortSignal.abort(),
  socketPath: '/tmp/evil.sock',
  timeout: 1,
  timeoutErrorMessage: 'evil',
  transformRequest: () => 'evil',
  transformResponse: () => 'evil',
  transitional: { silentJSONParsing: false },
  transport: { request() {} },
  url: `${evilOrigin}/evil`,
  validateStatus: () => false,
  withCredentials: false,
  withXSRFToken: true,
  xsrfCookieName: 'evil',
  xsrfHeaderName: 'x-evil'
}

/** Options of the client, including nested ones and members of `platform`. */
const clientOptions: Readonly<Record<string, unknown>> = {
  allowInsecureRequests: true,
  attach: { header: 'x-evil' },
  baseURL: evilOrigin,
  contract: { login: `${evilOrigin}/login` },
  confirmedBy: 401,
  cookies: false,
  credential: 'access-token',
  csrf: { cookie: 'evil', header: 'x-evil' },
  fetch: evilFetch,
  fields: { evil: 1 },
  getItem: () => 'evil',
  header: 'x-evil',
  headers: { 'x-evil': '1' },
  id: 'evil',
  idempotencyKey: 'always',
  idlePolicy: { signOutAfterSeconds: 1, whileHidden: 'pause' },
  invalidatesPrevious: true,
  initialToken: { access_token: evilToken },
  isOnline: () => false,
  isVisible: () => false,
  lockTimeoutMs: -1,
  locks: { request: () => new Promise(() => {}) },
  login: `${evilOrigin}/login`,
  logout: `${evilOrigin}/logout`,
  method: 'GET',
  monotonicNow: () => 9e15,
  name: 'evil',
  now: () => 9e15,
  onWake: () => () => {},
  pageUrl: () => 'https://evil.example/',
  path: `${evilOrigin}/refresh`,
  platform: { fetch: evilFetch },
  random: () => 1,
  profile: 'evil',
  randomId: () => 'evil',
  readCookie: () => 'evil',
  refresh: `${evilOrigin}/refresh`,
  refreshAbandonMs: 1,
  refreshBeforeExpirySeconds: 9e9,
  refreshTimeoutMs: 1,
  refusals: { session: 500 },
  reissue: { header: 'x-evil' },
  refreshTokenStore: { get: () => 'evil', set() {}, remove() {} },
  removeItem: () => {},
  restore: 'always',
  setItem: () => {},
  setTimer: () => () => {},
  signOutAfterSeconds: 1,
  spreadRefreshes: 'evil',
  scheme: 'evil',
  session: 500,
  status: 500,
  storage: { getItem: () => 'evil', setItem() {}, removeItem() {} },
  text: 'e',
  tokens: () => ({ access_token: evilToken }),
  trustedOrigins: [evilOrigin],
  unit: 'ms',
  unrelated: 401,
  user: { id: 'evil' },
  whileHidden: 'refresh'
}

/** Members of answers, and of the objects that the client derives from them. */
const wireNames: Readonly<Record<string, unknown>> = {
  accessToken: evilToken,
  access_token: evilToken,
  authorization: `Bearer ${evilToken}`,
  Authorization: `Bearer ${evilToken}`,
  claims: { sub: 'evil' },
  code: 'ERR_AUTH_SESSION_EXPIRED',
  degraded: { code: 'ERR_AUTH_NETWORK' },
  epoch: 7,
  error: 'invalid_grant',
  exp: 1,
  expiresIn: 1,
  expiresInSeconds: 1,
  expires_in: 1,
  generation: 7,
  iat: 9e9,
  kid: 'evil',
  kind: 'rejected',
  lifetimeSeconds: 1,
  oauthError: 'invalid_grant',
  reason: 'signed-out',
  refreshToken: 'evil',
  refresh_token: 'evil',
  response: { status: 401 },
  retryAfterMs: 9e9,
  sid: 'evil',
  sub: 'evil',
  tokenType: 'DPoP',
  token_type: 'DPoP'
}

/** Members of `RequestInit`. `fetch` also reads inherited ones. */
const fetchOptions: Readonly<Record<string, unknown>> = {
  cache: 'force-cache',
  credentials: 'omit',
  dispatcher: { dispatch: () => false },
  integrity: 'sha256-evil',
  keepalive: false,
  mode: 'no-cors',
  priority: 'low',
  redirect: 'follow',
  referrer: evilOrigin,
  referrerPolicy: 'unsafe-url'
}

export const polluted: Readonly<
  Record<
    'axiosOptions' | 'clientOptions' | 'wireNames' | 'fetchOptions',
    Readonly<Record<string, unknown>>
  >
> = { axiosOptions, clientOptions, wireNames, fetchOptions }

/** Runs a function while `Object.prototype` has this property. */
export async function whilePolluted<Result>(
  name: string,
  value: unknown,
  run: () => Result | Promise<Result>
): Promise<Result> {
  // Without a prototype, because `name` may be a member of property descriptors, such as `get`.
  const property = Object.assign(Object.create(null), {
    value,
    configurable: true,
    enumerable: true,
    writable: true
  })
  Object.defineProperty(Object.prototype, name, property)
  try {
    return await run()
  } finally {
    Reflect.deleteProperty(Object.prototype, name)
  }
}
