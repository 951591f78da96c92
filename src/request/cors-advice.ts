// CORS advice: the headers that a cross-origin server must send, by the contract.

import type { ResolvedContract, ResolvedEndpoint } from '../contract/resolved-contract.ts'

/** Explains to the developer why a request to `url` may have got no response. */
export function corsAdvice(
  contract: ResolvedContract,
  name: 'login' | 'refresh',
  { method, cookies }: ResolvedEndpoint,
  { origin, pathname }: URL,
  pageOrigin: string
): string {
  const answers = [`"Access-Control-Allow-Origin: ${pageOrigin}"`]
  if (cookies) answers.push('"Access-Control-Allow-Credentials: true"')
  const preflight = [`"Access-Control-Allow-Headers: ${requestHeaders(contract).join(', ')}"`]
  if (!['GET', 'POST'].includes(method)) preflight.push(`"Access-Control-Allow-Methods: ${method}"`)
  return `${method} ${origin}${pathname} got no response, although the device is online. If the server is up, CORS blocks the request, or the path does not exist: check baseURL and contract.${name}. For CORS, the preflight and the response need ${answers.join(' and ')}. The preflight also needs ${preflight.join(' and ')}.`
}

/** The headers of the app's requests and of the auth requests that need a preflight. */
function requestHeaders({ attach, login, refresh }: ResolvedContract): string[] {
  const names = new Map([[attach.header.toLowerCase(), attach.header]])
  const add = (name: string) => names.set(name.toLowerCase(), name)
  for (const endpoint of [login, refresh]) {
    if (typeof endpoint !== 'object') continue
    if (endpoint.body === 'json') add('Content-Type')
    if (endpoint.csrf) add(endpoint.csrf.header)
    Object.keys(endpoint.headers).forEach(add)
  }
  if (typeof refresh === 'object') {
    const { credential, refreshToken } = refresh
    if (credential === 'refresh-token' && refreshToken.in === 'header') add(refreshToken.header)
    if (refresh.idempotencyKey === 'always') add('Idempotency-Key')
  }
  return [...names.values()]
}
