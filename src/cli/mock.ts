// Command `everbearer mock`: serves the mock auth server on a port and prints one line per call.
import { once } from 'node:events'
import { createControlApi } from '../mock/adapters/control-api.ts'
import { type Listening, listen } from '../mock/adapters/node.ts'
import {
  createMockAuthServer,
  type MockAuthServer,
  type MockAuthServerOptions
} from '../mock/index.ts'
import { createPaint, formatCall, type Paint } from './call-line.ts'
import { loadContract } from './contract-file.ts'
import { readChoice, readNumber, readOptions, readOrigins, readText, UsageError } from './usage.ts'

export const mockHelp = `Usage: everbearer mock [options]

Runs a mock auth server for local development. Everything is kept in memory and lost when it stops.

Options:
  --port <number>                  port to listen on; 0 selects a free one (default 4000)
  --host <name>                    host to listen on (default localhost)
  --contract <file>                the backend to play: a JSON file, or a module that exports an
                                   AuthContract as default or as "contract"
                                   (default: POST /login, /refresh and /logout with JSON)
  --alg <name>                     signing algorithm of access tokens: HS256, RS256, ES256 or EdDSA
                                   (default HS256)
  --access-token-seconds <number>  lifetime of an access token (default 300)
  --session-seconds <number>       lifetime of a session, counted from the login (default 604800)
  --grace-seconds <number>         how long a rotated refresh token may be reused (default 10)
  --allow-origin <origin>          origin of pages that may call; repeatable
                                   (default: any origin on this machine)
  --latency-ms <number>            minimum duration of every call (default 0)
  --control                        let tests on this machine control the server with requests
                                   to /__mock/...
  --rotate-every <seconds>         create a new signing key at this interval; an old key is retired
                                   when its tokens have expired, at the latest after 24 days
  --quiet                          do not print a line per call
  -h, --help                       print this help
`

const options = {
  port: { type: 'string' },
  host: { type: 'string' },
  contract: { type: 'string' },
  alg: { type: 'string' },
  'access-token-seconds': { type: 'string' },
  'session-seconds': { type: 'string' },
  'grace-seconds': { type: 'string' },
  'allow-origin': { type: 'string', multiple: true },
  'latency-ms': { type: 'string' },
  control: { type: 'boolean' },
  'rotate-every': { type: 'string' },
  quiet: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' }
} as const

const demoUser = { email: 'ada@example.com', password: 'lovelace' }
/** The longest delay of a timer: 2^31 - 1 ms. */
const longestTimerSeconds = 2_147_483
const aYearSeconds = 31_536_000
const milliseconds = { least: 0, most: 60_000, unit: ' of milliseconds' }

/** @returns the exit code: 0 after SIGINT or SIGTERM, 1 if the server cannot start */
export async function runMock(args: readonly string[]): Promise<number> {
  const given = readOptions(args, options)
  if (given.help === true) {
    process.stdout.write(mockHelp)
    return 0
  }
  const { port, host, control, rotateEverySeconds, serverOptions } = readCommand(given)

  // The password is known, so a server that real users can reach must not start.
  const { NODE_ENV, NO_COLOR } = process.env
  if (NODE_ENV === 'production') {
    process.stderr.write(
      'everbearer mock does not run with NODE_ENV=production: it uses known passwords and must not protect anything real.\n'
    )
    return 1
  }
  const server = await createServer(serverOptions, given.contract)
  let listening: Listening
  try {
    listening = await listen(server, { port, host, control })
  } catch (error) {
    process.stderr.write(`${describeFailure(error, host, port)}\n`)
    return 1
  }
  const paint = createPaint(process.stdout.isTTY === true, NO_COLOR)
  printIntroduction(server, listening, control, paint)
  if (given.quiet !== true) {
    server.onCall((call) => process.stdout.write(`${formatCall(call, paint)}\n`))
  }
  const rotation =
    rotateEverySeconds === undefined
      ? undefined
      : startRotation(server, rotateEverySeconds, serverOptions.accessTokenSeconds)
  await Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')])
  clearInterval(rotation)
  await listening.close()
  return 0
}

/** @throws UsageError for a wrong contract file, or a wrong field of the contract */
async function createServer(
  options: MockAuthServerOptions,
  file: string | undefined
): Promise<MockAuthServer> {
  if (file === undefined) return createMockAuthServer(options)
  const contract = await loadContract('contract', file)
  try {
    return createMockAuthServer({ ...options, contract })
  } catch (error) {
    if (!(error instanceof TypeError) || !error.message.startsWith('Option contract')) throw error
    throw new UsageError(`File ${JSON.stringify(file)}: ${error.message}`)
  }
}

interface MockCommand {
  readonly port: number
  readonly host: string
  readonly control: boolean
  readonly rotateEverySeconds: number | undefined
  readonly serverOptions: MockAuthServerOptions & { readonly accessTokenSeconds: number }
}

/** @throws UsageError for an option with a wrong value */
function readCommand(given: ReturnType<typeof readOptions<typeof options>>): MockCommand {
  const readSeconds = (name: string, value: string | undefined, least: number, most: number) =>
    readNumber(name, value, { least, most, unit: ' of seconds' })
  return {
    port: readNumber('port', given.port, { least: 0, most: 65_535, unit: '' }) ?? 4000,
    host: readText('host', given.host ?? 'localhost'),
    control: given.control === true,
    rotateEverySeconds: readSeconds('rotate-every', given['rotate-every'], 1, longestTimerSeconds),
    serverOptions: {
      users: [demoUser],
      alg: readChoice('alg', given.alg ?? 'HS256', ['HS256', 'RS256', 'ES256', 'EdDSA']),
      accessTokenSeconds:
        readSeconds('access-token-seconds', given['access-token-seconds'], 1, aYearSeconds) ?? 300,
      sessionSeconds:
        readSeconds('session-seconds', given['session-seconds'], 1, aYearSeconds) ?? 604_800,
      refreshGraceSeconds: readSeconds('grace-seconds', given['grace-seconds'], 0, 86_400) ?? 10,
      allowedOrigins: readOrigins('allow-origin', given['allow-origin']) ?? 'loopback',
      latencyMs: readNumber('latency-ms', given['latency-ms'], milliseconds) ?? 0
    }
  }
}

function printIntroduction(
  server: MockAuthServer,
  { url }: Listening,
  hasControl: boolean,
  paint: Paint
): void {
  const width = Math.max(5, ...server.routes.map(({ methods }) => methods[0]?.length ?? 0))
  const routes = server.routes.map(
    ({ methods, path, query = '' }) => `  ${methods[0]?.padEnd(width)} ${path}${query}\n`
  )
  const commands = hasControl
    ? createControlApi(server).routes.map(({ method, path }) => `  ${method.padEnd(5)} ${path}\n`)
    : []
  const control = hasControl
    ? `\nTests on this machine can control it:\n\n${commands.join('')}`
    : ''
  process.stdout.write(
    `everbearer mock listens on ${paint('bold', url)}\n\n` +
      `For tests and development only: its password is known, and it keeps everything in memory.\n` +
      `Sign in as ${demoUser.email} with the password ${demoUser.password}.\n\n${routes.join('')}` +
      `${control}\n`
  )
}

// A key is retired when the last token that it signed has expired. Until then it still verifies, so
// clients do not notice the rotation.
function startRotation(
  server: MockAuthServer,
  everySeconds: number,
  tokenSeconds: number
): NodeJS.Timeout {
  return setInterval(() => {
    const { previousKid, kid } = server.rotateKey()
    process.stdout.write(`rotated: ${kid} signs, ${previousKid} verifies\n`)
    const lifetimeSeconds = Math.min(tokenSeconds + 1, longestTimerSeconds)
    setTimeout(() => {
      // A test may have retired the key or reset the server since then.
      if (!server.keys.some((key) => key.kid === previousKid)) return
      server.retireKey(previousKid)
      process.stdout.write(`retired: ${previousKid}\n`)
    }, lifetimeSeconds * 1000).unref()
  }, everySeconds * 1000)
}

function describeFailure(error: unknown, host: string, port: number): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'an unknown error'
  if (code === 'EADDRINUSE') {
    return `Port ${port} on ${host} is in use. Stop the process that uses it, or choose another --port (0 selects a free one).`
  }
  return `Cannot listen on ${host}, port ${port} (${code}). Choose another --host or --port.`
}
