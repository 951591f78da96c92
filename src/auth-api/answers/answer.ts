// Answers of the auth endpoints: reads an answer with its body.

import { type AnswerSource, isMarkup } from '../../lib/answer-rules.ts'
import { parseJson } from '../../lib/json-path.ts'
import { openBody, readText } from '../../lib/responses.ts'

export interface Answered {
  readonly kind: 'answered'
  /** Method and URL without the query, for messages. */
  readonly where: string
  readonly response: Response
  readonly text: string
  /** The parsed JSON; `undefined` if the body is not JSON. */
  readonly body: unknown
  /** Whether the body is markup. */
  readonly isHtml: boolean
}

export async function readResponse(where: string, response: Response): Promise<Answered> {
  const opened = openBody(response)
  const text = await (opened === undefined ? response.text() : readText(opened))
  const body = parseJson(text)
  return { kind: 'answered', where, response, text, body, isHtml: isMarkup(text) }
}

/** The answer as the rules of the contract read it. */
export function toSource({ response, text }: Answered): AnswerSource {
  return {
    status: response.status,
    header: (name) => response.headers.get(name),
    text: async () => text
  }
}

/** The `error` code (RFC 6749 §5.2) if the body has a well-formed one. */
export function readOAuthError(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null || !Object.hasOwn(body, 'error')) return undefined
  const code: unknown = Reflect.get(body, 'error')
  return typeof code === 'string' && /^[a-z_]{1,64}$/.test(code) ? code : undefined
}
