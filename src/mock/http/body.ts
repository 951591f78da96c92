// Request body: reads it as text or JSON, up to a limit.
import { type Decision, decision, refusal, type WireRequest } from './message.ts'

/** The largest accepted body, in bytes. Adapters stop reading one byte later; the answer is 413. */
export const bodyLimitBytes = 65_536

/** Reads the body once, so that the request can be read again. */
export async function bufferBody(request: WireRequest): Promise<WireRequest> {
  if (typeof request.body !== 'function') return request
  const text = request.body()
  await text.catch(() => undefined)
  return { ...request, body: () => text }
}

/** Reads the body as text, up to the limit. */
export async function readBodyText(request: WireRequest): Promise<string | RefusedBody> {
  const { body = '' } = request
  let text: string
  try {
    text = typeof body === 'string' ? body : await body()
  } catch {
    return refuseBody('bad_request', 400, 'the body could not be read')
  }
  // A UTF-16 unit takes at most three bytes, so most bodies need not be encoded to be measured.
  const mayBeTooLarge = text.length * 3 > bodyLimitBytes
  return mayBeTooLarge && new TextEncoder().encode(text).length > bodyLimitBytes
    ? refuseBody('too_large', 413, `the body is larger than ${bodyLimitBytes} bytes`)
    : text
}

/** Reads the body as a JSON object. An empty body counts as an empty object. */
export async function readJsonBody(request: WireRequest): Promise<JsonBody> {
  const text = await readBodyText(request)
  if (typeof text !== 'string') return text
  const value = text.trim() === '' ? {} : parseJson(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refuseBody('bad_request', 400, 'the body is not a JSON object')
  }
  // Without a prototype, a name like `constructor` is present only if the client sent it.
  return { kind: 'object', value: Object.assign(Object.create(null), value) }
}

export type JsonBody =
  | { readonly kind: 'object'; readonly value: Readonly<Record<string, unknown>> }
  | RefusedBody

export interface RefusedBody {
  readonly kind: 'refused'
  readonly decision: Decision
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function refuseBody(
  outcome: 'bad_request' | 'too_large',
  status: number,
  description: string
): RefusedBody {
  const response = refusal(status, 'invalid_request', description)
  return { kind: 'refused', decision: decision(outcome, response) }
}
