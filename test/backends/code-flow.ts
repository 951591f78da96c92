// Code flow: signs in on the page of oidc-provider, as a browser does (RFC 6749 §4.1, RFC 7636).
import { createHash, randomBytes } from 'node:crypto'
import type { Browser } from './browser.ts'

/** Returns the fields of the token request that the contract does not hold. */
export async function signInWithCodeFlow(
  baseURL: string,
  { fetch }: Browser,
  credentials: Record<string, string>
): Promise<object> {
  const codeVerifier = randomBytes(32).toString('base64url')
  const query = new URLSearchParams({
    client_id: 'spa',
    response_type: 'code',
    redirect_uri: 'https://app.example.com/callback',
    scope: 'openid email',
    code_challenge: createHash('sha256').update(codeVerifier).digest('base64url'),
    code_challenge_method: 'S256'
  })
  let target = await follow(`${baseURL}/auth?${query}`)
  // If the provider still knows the user, it shows no page.
  if (target.startsWith(`${baseURL}/interaction/`)) {
    target = await follow(target, { method: 'POST', body: new URLSearchParams(credentials) })
    target = await follow(target)
  }
  return { code: new URL(target).searchParams.get('code'), code_verifier: codeVerifier }

  /** Returns the target of the redirect that answers the request. */
  async function follow(url: string, init: RequestInit = {}): Promise<string> {
    const response = await fetch(url, { ...init, redirect: 'manual' })
    const target = response.headers.get('Location')
    if (target === null) throw new Error(`${url} answered ${response.status} without a redirect.`)
    return new URL(target, url).href
  }
}
