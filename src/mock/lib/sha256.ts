// SHA-256 of a text, as base64url: at once where the platform can, by WebCrypto everywhere else.
import { base64url } from './random.ts'

/** The one function of Node's crypto module that is needed, where that module has it. */
interface HashingModule {
  readonly hash?: (algorithm: string, text: string, encoding: 'base64url') => string
}

interface HashingProcess {
  readonly getBuiltinModule?: (id: 'node:crypto') => HashingModule | undefined
}

/** What there is to hash with in this process; asked for by name, since an import would shut the browsers out. */
let atOnce: HashingModule['hash'] | 'nothing' | undefined

/** Through WebCrypto a short text waits for a thread of the pool, and the way there costs ten times the hash. */
export function sha256(text: string): string | Promise<string> {
  atOnce ??= findHash() ?? 'nothing'
  return atOnce === 'nothing' ? sha256ByWebCrypto(text) : atOnce('sha256', text, 'base64url')
}

export async function sha256ByWebCrypto(text: string): Promise<string> {
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  return base64url(new Uint8Array(digest))
}

function findHash(): HashingModule['hash'] {
  const { process } = globalThis as { process?: HashingProcess }
  return process?.getBuiltinModule?.('node:crypto')?.hash
}
