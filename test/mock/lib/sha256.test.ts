// SHA-256: synchronous in Node, by WebCrypto elsewhere, with the same result.
import { afterEach, describe, expect, it, vi } from 'vitest'
import { sha256, sha256ByWebCrypto } from '../../../src/mock/lib/crypto.ts'

/** FIPS 180-2, appendices B.1 and B.2. */
const examples = [
  { text: 'abc', hex: 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad' },
  {
    text: 'abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq',
    hex: '248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1'
  }
].map(({ text, hex }) => ({ text, digest: Buffer.from(hex, 'hex').toString('base64url') }))

afterEach(() => {
  vi.unstubAllGlobals()
  vi.resetModules()
})

describe.each(examples)('the SHA-256 of $text', ({ text, digest }) => {
  it('is computed synchronously in Node', () => {
    expect(sha256(text)).toBe(digest)
  })

  it('is the same if WebCrypto computes it', async () => {
    expect(await sha256ByWebCrypto(text)).toBe(digest)
  })

  it.each([
    { platform: 'in a page, which has no process', process: undefined },
    { platform: "with a bundler's replacement of process", process: { env: {} } },
    { platform: 'in an older Node without hash()', process: { getBuiltinModule: () => ({}) } },
    { platform: 'if node:crypto is missing', process: { getBuiltinModule: () => undefined } }
  ])('comes from WebCrypto $platform', async ({ process }) => {
    vi.stubGlobal('process', process)
    vi.resetModules()
    const fresh = await import('../../../src/mock/lib/crypto.ts')
    const answer = fresh.sha256(text)
    vi.unstubAllGlobals()
    expect(answer).toBeInstanceOf(Promise)
    expect(await answer).toBe(digest)
  })
})

it('is the same by Node and WebCrypto for empty, non-ASCII and malformed text', async () => {
  for (const text of ['', 'rt_', 'ü', '\ud800', '🔑'.repeat(100)]) {
    expect(sha256(text)).toBe(await sha256ByWebCrypto(text))
  }
})
