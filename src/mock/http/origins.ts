// Which origins' pages may call the server.

const loopbackHost = /^(?:localhost|(?:[a-z0-9-]+\.)+localhost|127(?:\.\d{1,3}){3}|\[::1\])$/

/** Is this exactly what a browser sends as `Origin` for an http(s) page (RFC 6454 §6.2)? */
export function isSerializedOrigin(value: string): boolean {
  const url = parse(value)
  // `http://127.1`, an upper-case host or a slash at the end name the same place, but no browser sends them.
  return url !== undefined && /^https?:$/.test(url.protocol) && url.origin === value
}

export function isAllowedOrigin(allowed: 'loopback' | readonly string[], origin: string): boolean {
  if (!isSerializedOrigin(origin)) return false
  if (allowed !== 'loopback') return allowed.includes(origin)
  return loopbackHost.test(parse(origin)?.hostname ?? '')
}

function parse(value: string): URL | undefined {
  try {
    return new URL(value)
  } catch {
    return undefined
  }
}
