// Reads a JSON body that may be anything at all.
import { type Decision, decision } from './decision.ts'
import { bodyLimitBytes, refusal, type WireRequest } from './message.ts'

export type JsonBody =
  | { readonly kind: 'object'; readonly value: Readonly<Record<string, unknown>> }
  | RefusedBody

export interface RefusedBody {
  readonly kind: 'refused'
  readonly decision: Decision
}

/** The body as an object; an empty body is an empty one. */
export async function readJsonBody(request: WireRequest): Promise<JsonBody> {
  const text = await readBodyText(request)
  if (typeof text !== 'string') return text
  const value = text.trim() === '' ? {} : parse(text)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return refused('bad_request', 400, 'the body is not a JSON object')
  }
  // Without a prototype, a name like `constructor` is there only if it was sent.
  return { kind: 'object', value: Object.assign(Object.create(null), value) }
}

/** The body as text, within its limit. */
export async function readBodyText(request: WireRequest): Promise<string | RefusedBody> {
  const text = await readText(request)
  if (text === undefined) return refused('bad_request', 400, 'the body could not be read')
  // No character takes more than three bytes a unit of its length: few bodies have to be counted out.
  const mayBeTooLarge = text.length * 3 > bodyLimitBytes
  return mayBeTooLarge && new TextEncoder().encode(text).length > bodyLimitBytes
    ? refused('too_large', 413, `the body is larger than ${bodyLimitBytes} bytes`)
    : text
}

async function readText(request: WireRequest): Promise<string | undefined> {
  const { body = '' } = request
  try {
    return typeof body === 'string' ? body : await body()
  } catch {
    return undefined
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

function refused(
  outcome: 'bad_request' | 'too_large',
  status: number,
  description: string
): RefusedBody {
  return {
    kind: 'refused',
    decision: decision(outcome, refusal(status, 'invalid_request', description))
  }
}
