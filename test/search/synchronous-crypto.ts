// Synchronous crypto: HMAC and SHA-256 of WebCrypto without a thread, so that the servers of a
// search answer in the same turn. A thread costs more time than these short inputs, and its results
// arrive in another order in each run.
import { createHash, createHmac, timingSafeEqual } from 'node:crypto'

const { subtle } = crypto
const real = {
  importKey: subtle.importKey.bind(subtle) as (...given: unknown[]) => Promise<CryptoKey>,
  sign: subtle.sign.bind(subtle),
  verify: subtle.verify.bind(subtle),
  digest: subtle.digest.bind(subtle)
}
const secrets = new WeakMap<CryptoKey, Uint8Array>()

async function importKey(format: string, data: unknown, ...rest: unknown[]): Promise<CryptoKey> {
  const key = await real.importKey(format, data, ...rest)
  const { name, hash }: { name: string; hash?: { name: string } } = key.algorithm
  if (name === 'HMAC' && hash?.name === 'SHA-256') secrets.set(key, readSecret(format, data))
  return key
}

function readSecret(format: string, data: unknown): Uint8Array {
  return format === 'jwk'
    ? Buffer.from(String(Reflect.get(Object(data), 'k')), 'base64url')
    : Uint8Array.from(toBytes(data as BufferSource))
}

function toBytes(data: BufferSource): Uint8Array {
  return ArrayBuffer.isView(data)
    ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength)
    : new Uint8Array(data)
}

function macOf(secret: Uint8Array, data: BufferSource): Uint8Array<ArrayBuffer> {
  return Uint8Array.from(createHmac('sha256', secret).update(toBytes(data)).digest())
}

const replaced: Pick<SubtleCrypto, 'sign' | 'verify' | 'digest'> = {
  async sign(algorithm, key, data) {
    const secret = secrets.get(key)
    return secret === undefined ? real.sign(algorithm, key, data) : macOf(secret, data).buffer
  },
  async verify(algorithm, key, signature, data) {
    const secret = secrets.get(key)
    if (secret === undefined) return real.verify(algorithm, key, signature, data)
    const expected = macOf(secret, data)
    const given = toBytes(signature)
    return given.length === expected.length && timingSafeEqual(given, expected)
  },
  async digest(algorithm, data) {
    if (algorithm !== 'SHA-256') return real.digest(algorithm, data)
    return Uint8Array.from(createHash('sha256').update(toBytes(data)).digest()).buffer
  }
}

Object.assign(subtle, { importKey }, replaced)
