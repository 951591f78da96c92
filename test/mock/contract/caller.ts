// Caller: sends requests to a mock server with a contract, and reads the answers.
import type { AuthContract } from 'everbearer'
import type { MockAuthServer, MockAuthServerOptions, WireRequest } from 'everbearer/mock'
import { base, createServerWithClock } from '../../support/setups/one-cookie-browser.ts'

export interface Answer {
  readonly status: number
  readonly text: string
  /** The parsed body; `undefined` if it is not JSON. */
  readonly body: unknown
  readonly setCookies: readonly string[]
  header(name: string): string | undefined
}

interface Call {
  readonly headers?: Readonly<Record<string, string>>
  /** An object is sent as JSON, parameters as a form. */
  readonly body?: object | URLSearchParams | undefined
}

export interface Caller {
  readonly server: MockAuthServer
  advanceSeconds(seconds: number): void
  /** @param target the method and the path, such as `POST /login` */
  call(target: string, call?: Call): Promise<Answer>
  /** The outcomes of the calls so far. */
  outcomes(): readonly string[]
}

export const credentials = { email: 'ada@example.com', password: 'lovelace' }

export function createCaller(
  contract: AuthContract<unknown>,
  options: MockAuthServerOptions = {}
): Caller {
  const { server, clock } = createServerWithClock({ contract, ...options })
  return {
    server,
    advanceSeconds: clock.advanceSeconds,
    outcomes: () => server.calls.map(({ outcome }) => outcome),
    async call(target, { headers = {}, body } = {}) {
      const [method = '', path = ''] = target.split(' ')
      const isForm = body instanceof URLSearchParams
      const type = isForm ? 'application/x-www-form-urlencoded' : 'application/json'
      const request: WireRequest = {
        method,
        url: base + path,
        headers: [
          ...(body === undefined ? [] : [['Content-Type', type] as const]),
          ...Object.entries(headers)
        ],
        ...(body === undefined ? {} : { body: isForm ? String(body) : JSON.stringify(body) })
      }
      const { status, headers: rows, setCookies, body: text } = await server.handle(request)
      return {
        status,
        text,
        body: parseJson(text),
        setCookies,
        header: (name) => rows.find(([key]) => key.toLowerCase() === name.toLowerCase())?.[1]
      }
    }
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
