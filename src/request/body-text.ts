// Body text: reads the body of an answer for the rules of the contract.

import { longestBodyBytes, openBody, readText } from '../lib/responses.ts'
import type { ClientPlatform } from '../lib/time.ts'

/** A body that is not complete by then, such as an endless stream, is not read. */
const longestReadMs = 5_000

/**
 * Reads a body and leaves the response readable. Empty if the body is too large, takes too long or
 * is a stream of events. Never rejects.
 */
export function createReadBody({
  wait
}: Pick<ClientPlatform, 'wait'>): (response: Response) => Promise<string> {
  return async (response) => {
    const isTooLong = Number(response.headers.get('Content-Length')) > longestBodyBytes
    const type = response.headers.get('Content-Type') ?? ''
    if (isTooLong || /^text\/event-stream\b/i.test(type)) return ''
    const body = openBody(response.clone())
    if (body === undefined) return ''
    try {
      return await wait(readText(body), { deadlineMs: longestReadMs, onTimeout: () => '' })
    } catch {
      return ''
    } finally {
      body.cancel().catch(() => {})
    }
  }
}

/** Reads the data of an axios response. Empty for a stream, and for bytes that are too many. */
export async function readData(data: unknown): Promise<string> {
  if (typeof data === 'string') return data
  if (typeof data !== 'object' || data === null) return ''
  if (data instanceof ArrayBuffer || ArrayBuffer.isView(data)) {
    return data.byteLength > longestBodyBytes ? '' : new TextDecoder().decode(data)
  }
  if (data instanceof Blob) return data.size > longestBodyBytes ? '' : data.text()
  // A mock adapter may answer with the object that a real adapter would have parsed from text.
  const isPlain = [Object.prototype, Array.prototype, null].includes(Object.getPrototypeOf(data))
  try {
    return isPlain ? JSON.stringify(data) : ''
  } catch {
    return ''
  }
}
