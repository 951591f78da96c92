// Body text: reads the body of an answer for the rules of the contract.

import type { Platform } from '../lib/platform.ts'
import { longestBodyBytes, readText } from '../lib/responses.ts'
import { createWaiting } from '../lib/time.ts'

/** A body that is not complete by then, such as an endless stream, is not read. */
const longestReadMs = 5_000

/** Reads bodies of `fetch` responses, and leaves the responses readable. */
export interface BodyReader {
  /** Empty if the body is too large, takes too long or is a stream of events. Never rejects. */
  read(response: Response): Promise<string>
  /** Ends the reads in flight. */
  dispose(): void
}

export function createBodyReader(platform: Pick<Platform, 'setTimer'>): BodyReader {
  const waiting = createWaiting(platform)
  const unread = () => new Error('The body was not read.')

  async function read(response: Response): Promise<string> {
    const type = response.headers.get('Content-Type') ?? ''
    const isTooLong = Number(response.headers.get('Content-Length')) > longestBodyBytes
    if (isTooLong || /^text\/event-stream\b/i.test(type)) return ''
    const reader = response.clone().body?.getReader()
    if (reader === undefined) return ''
    try {
      return await waiting.wait(readText(reader), { afterMs: longestReadMs, error: unread })
    } catch {
      return ''
    } finally {
      reader.cancel().catch(() => {})
    }
  }

  return { read, dispose: () => waiting.release(unread()) }
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
