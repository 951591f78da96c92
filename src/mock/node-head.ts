// The head of an answer that somebody else writes: what the guard adds is added when it is about to be sent, last of all.
import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http'
import { withMember } from './cors.ts'
import type { WireResponse } from './wire.ts'

/** Lists, to which both sides may have something to add; of every other header the guard has the last word. */
const lists = ['vary', 'access-control-expose-headers']

/** Sees to it that the head, however it is written, bears the headers of this answer. */
export function dressHead(
  message: IncomingMessage,
  response: ServerResponse,
  answer: WireResponse
): void {
  const isAllowed = answer.headers.some(([name]) => isAllowOrigin(name))
  const isForeign = message.headers.origin !== undefined && !isAllowed
  const writeHead = response.writeHead.bind(response)

  response.writeHead = (status: number, ...rest: unknown[]): ServerResponse => {
    const statusMessage = typeof rest[0] === 'string' ? rest[0] : undefined
    takeOver(response, rest.at(-1))
    for (const name of response.getHeaderNames()) {
      if (isForeign && name.startsWith('access-control-')) response.removeHeader(name)
    }
    for (const [name, value] of answer.headers) {
      response.setHeader(
        name,
        lists.includes(name.toLowerCase()) ? joined(response, name, value) : value
      )
    }
    return statusMessage === undefined ? writeHead(status) : writeHead(status, statusMessage)
  }
}

function isAllowOrigin(name: string): boolean {
  return name.toLowerCase() === 'access-control-allow-origin'
}

/** The headers that `writeHead` itself was given: an object, or a flat list of names and values. */
function takeOver(response: ServerResponse, given: unknown): void {
  if (typeof given !== 'object' || given === null) return
  if (!Array.isArray(given)) {
    for (const [name, value] of Object.entries(given as OutgoingHttpHeaders)) {
      if (value !== undefined) response.setHeader(name, value)
    }
    return
  }
  for (let index = 0; index + 1 < given.length; index += 2) {
    response.appendHeader(String(given[index]), String(given[index + 1]))
  }
}

function joined(response: ServerResponse, name: string, value: string): string {
  const present = [response.getHeader(name) ?? []].flat().map(String)
  return value
    .split(',')
    .map((member) => member.trim())
    .reduce((list, member) => withMember([[name, list]], name, member), present.join(', '))
}
