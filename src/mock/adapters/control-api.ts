// Control API: lets a test in another process control the server over HTTP. Each command is
// named after the method of the server that it calls.
import { createEndpointReader, type MockEndpoint, matches } from '../calls/call.ts'
import type { MockFault } from '../controls/faults.ts'
import type { MockGate } from '../controls/gates.ts'
import { readJsonBody } from '../http/body.ts'
import { isAllowedOrigin } from '../http/cors-and-csrf.ts'
import {
  headerValue,
  json,
  noContent,
  parseUrl,
  refusal,
  type WireRequest,
  type WireResponse
} from '../http/message.ts'
import { describe, invalid, methodOptions } from '../lib/checks.ts'
import type { MockAuthServer } from '../types.ts'

/** The prefix of every path of the control API. */
const controlPath = '/__mock/'

type Arguments = Readonly<Record<string, unknown>>
type Command = (given: Arguments, signal: AbortSignal | undefined) => unknown

/** The arguments of each command; a command that is not listed takes none. */
const argumentNames: Readonly<Record<string, readonly string[]>> = {
  calls: ['route'],
  'rotate-key': ['alg', 'kid', 'by', 'reason'],
  'publish-key': ['alg', 'kid', 'by', 'reason'],
  'activate-key': ['kid'],
  'retire-key': ['kid'],
  'emergency-rotate': ['alg', 'kid', 'by', 'reason'],
  'sign-in': ['user', 'url'],
  'end-session': ['sid'],
  'expire-session': ['sid'],
  revoke: ['jti'],
  'bump-token-version': ['user'],
  'fail-next': ['endpoint', 'fault', 'times', 'after'],
  hold: ['endpoint', 'after'],
  arrived: ['gate', 'count'],
  release: ['gate'],
  advance: ['seconds'],
  freeze: ['at']
}

export interface ControlApi {
  owns(request: Pick<WireRequest, 'url'>): boolean
  handle(request: WireRequest): Promise<WireResponse>
  /** The methods and paths of all commands. */
  readonly routes: readonly { readonly method: 'GET' | 'POST'; readonly path: string }[]
}

/**
 * The commands give full control over the server. The adapter must check that a request comes from
 * this machine; `handle` refuses pages of other sites, which a browser on this machine may show.
 */
export function createControlApi(server: MockAuthServer): ControlApi {
  const readEndpoint = createEndpointReader(server.routes.map(({ route }) => route))
  const gates = new Map<string, MockGate>()
  let gateCount = 0

  function findGate(id: unknown, caller: string): MockGate {
    const gate = gates.get(String(id))
    if (gate !== undefined) return gate
    throw invalid('gate', 'the id of a gate', describe(id), caller)
  }

  const queries: Readonly<Record<string, Command>> = {
    calls({ route }) {
      if (route === undefined) return server.calls
      const endpoint = readEndpoint('calls', route)
      return server.calls.filter((call) => matches(endpoint, call.route))
    },
    violations: () => server.violations,
    keys: () => server.keys,
    'key-audit': () => server.keyAudit,
    sessions: () => server.sessions
  }
  const commands: Readonly<Record<string, Command>> = {
    'rotate-key': (change) => server.rotateKey(change),
    'publish-key': (change) => server.publishKey(change),
    'activate-key': ({ kid }) => server.activateKey(String(kid)),
    'retire-key': ({ kid }) => server.retireKey(kid as string | undefined),
    'emergency-rotate': (change) => server.emergencyRotate(change),
    'sign-in': ({ user, url }) =>
      server.signIn(user as string | undefined, url as string | undefined),
    'end-session': ({ sid }) => server.endSession(String(sid)),
    'end-sessions': () => server.endSessions(),
    'expire-session': ({ sid }) => server.expireSession(String(sid)),
    'expire-access-tokens': () => server.expireAccessTokens(),
    revoke: ({ jti }) => server.revoke(jti as string),
    'revoke-access-tokens': () => server.revokeAccessTokens(),
    'bump-token-version': ({ user }) => ({
      version: server.bumpTokenVersion(user as string | undefined)
    }),
    'fail-next': ({ endpoint, fault, times, ...options }) => {
      // JSON has no infinity, so it is sent as a string.
      const count = times === 'Infinity' ? Infinity : times
      const more = count === undefined ? {} : { times: count as number }
      server.failNext(endpoint as MockEndpoint, fault as MockFault, { ...options, ...more })
    },
    hold({ endpoint, ...options }) {
      const gate = server.hold(endpoint as MockEndpoint, options)
      gateCount += 1
      const id = `gate-${gateCount}`
      gates.set(id, gate)
      return { gate: id }
    },
    async arrived({ gate, count = 1 }, signal) {
      const arrived = findGate(gate, 'arrived').arrived(Number(count))
      await Promise.race([arrived, rejectOnAbort(signal)])
    },
    release({ gate }) {
      const released = gate === undefined ? gates.values() : [findGate(gate, 'release')]
      for (const each of released) each.release()
    },
    advance: ({ seconds }) => server.clock.advance(seconds as number),
    freeze: ({ at }) =>
      server.clock.freeze(typeof at === 'string' ? new Date(at) : (at as undefined)),
    'reset-clock': () => server.clock.reset(),
    idle: () => server.idle(),
    reset() {
      gates.clear()
      server.reset()
    }
  }

  async function run(request: WireRequest, name: string): Promise<WireResponse> {
    const command = ownValue(request.method === 'GET' ? queries : commands, name)
    if (command === undefined) {
      return ownValue({ ...queries, ...commands }, name) === undefined
        ? refusal(404, 'not_found', `unknown command ${controlPath}${name}`)
        : refusal(405, 'method_not_allowed', 'queries use GET, commands use POST')
    }
    const body = await readJsonBody(request)
    if (body.kind === 'refused') return body.decision.response
    const query = Object.fromEntries(new URL(request.url).searchParams)
    try {
      const given = methodOptions<Arguments>(
        name,
        { ...query, ...body.value },
        ownValue(argumentNames, name) ?? []
      )
      const result = await command(given, request.signal)
      return result === undefined ? noContent() : json(200, result)
    } catch (error) {
      return refusal(400, 'invalid_request', error instanceof Error ? error.message : String(error))
    }
  }

  return {
    routes: [
      ...Object.keys(commands).map((name) => ({
        method: 'POST' as const,
        path: controlPath + name
      })),
      ...Object.keys(queries).map((name) => ({ method: 'GET' as const, path: controlPath + name }))
    ],
    owns: ({ url }) => parseUrl(url)?.pathname.startsWith(controlPath) === true,
    async handle(request) {
      const url = parseUrl(request.url)
      const origin = headerValue(request, 'origin')
      // The host is checked too: in DNS rebinding, another site's name resolves to this machine.
      const isLocal = url !== undefined && isAllowedOrigin('loopback', url.origin)
      if (!isLocal || (origin !== undefined && !isAllowedOrigin('loopback', origin))) {
        return refuseRemote()
      }
      const response =
        request.method === 'OPTIONS'
          ? noContent()
          : await run(request, url.pathname.slice(controlPath.length))
      return origin === undefined ? response : withCors(response, origin)
    }
  }
}

/** The response to a request that does not come from this machine. */
export function refuseRemote(): WireResponse {
  return refusal(403, 'cross_site', 'the control API accepts requests from this machine only')
}

/** Rejects when the client disconnects; otherwise never settles. */
function rejectOnAbort(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
}

function ownValue<Value>(table: Readonly<Record<string, Value>>, name: string): Value | undefined {
  return Object.hasOwn(table, name) ? table[name] : undefined
}

/** Lets a page on this machine read the response, independent of the server's `allowedOrigins`. */
function withCors(response: WireResponse, origin: string): WireResponse {
  return {
    ...response,
    headers: [
      ...response.headers,
      ['Access-Control-Allow-Origin', origin],
      ['Access-Control-Allow-Methods', 'GET, POST'],
      ['Access-Control-Allow-Headers', 'Content-Type'],
      ['Vary', 'Origin']
    ]
  }
}
