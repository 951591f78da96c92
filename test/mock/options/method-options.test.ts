// What is given to methods and doors is checked as the server's own options are: by name, with what was expected and what came.
import { createMockAuthServer } from 'everbearer/mock'
import { createHandlers, protect as protectResolver } from 'everbearer/mock/msw'
import { type Listening, listen, protect, toNodeListener } from 'everbearer/mock/node'
import { expect, it, onTestFinished } from 'vitest'
import { whilePolluted } from '../../support/while-polluted.ts'

const server = createMockAuthServer()
const home = { baseURL: 'http://localhost' }

const invalid: readonly [
  call: (...given: never[]) => unknown,
  given: unknown[],
  message: string
][] = [
  [
    server.assertNoViolations,
    [null],
    'assertNoViolations(): options: expected an object; received null'
  ],
  [
    server.assertNoViolations,
    [{ expect: [] }],
    'assertNoViolations(): expect: expected one of except, inFlightSeconds; received an unknown name'
  ],
  [
    server.assertNoViolations,
    [{ except: 'retry-storm' }],
    'assertNoViolations(): except: expected an array of rules; received "retry-storm"'
  ],
  [
    server.assertNoViolations,
    [{ except: ['retry-storm', 'retry-strom'] }],
    'assertNoViolations(): except[1]: expected one of parallel-refresh, spent-refresh-token, '
  ],
  [server.assertNoViolations, [{ except: ['retry-strom'] }], '; received "retry-strom"'],
  [server.assertNoViolations, [{ except: [7] }], '; received 7'],
  ...['5', Number.NaN, -1, Infinity, null].map((seconds): (typeof invalid)[number] => [
    server.assertNoViolations,
    [{ inFlightSeconds: seconds }],
    'assertNoViolations(): inFlightSeconds: expected a number from 0 to 31536000; received '
  ]),
  [
    server.idle,
    [{ quietMs: '25' }],
    'idle(): quietMs: expected a number from 0 to 60000; received "25"'
  ],
  [
    server.idle,
    [{ quietMs: Number.NaN }],
    'idle(): quietMs: expected a number from 0 to 60000; received NaN'
  ],
  [server.idle, [{ quiet: 1 }], 'idle(): quiet: expected one of quietMs; received an unknown name'],
  [
    server.hold('jwks').arrived,
    ['two'],
    'arrived(): the count: expected a whole number from 1 to 9007199254740991; received "two"'
  ],
  [server.hold('jwks').arrived, [0], 'arrived(): the count: expected a whole number from 1'],
  [
    server.failNext,
    ['jwks', { status: 500, header: {} }],
    'failNext(): fault.header: expected one of status, headers, body; received an unknown name'
  ],
  [
    server.failNext,
    ['jwks', { status: 500, headers: 'x' }],
    'failNext(): fault.headers: expected an object of strings; received "x"'
  ],
  [
    server.failNext,
    ['jwks', { status: 500, headers: { 'Retry-After': 2 } }],
    'failNext(): fault.headers: expected an object of strings; received a number as Retry-After'
  ],
  [server.mint, [{ header: 5 }], 'mint(): header: expected an object; received 5'],
  [server.mint, [{ claims: 'x' }], 'mint(): claims: expected an object; received "x"'],
  [
    server.signIn,
    [undefined, 'nonsense'],
    "signIn(): url: expected the server's own, such as 'http://localhost'; received \"nonsense\""
  ],
  [server.revoke, [undefined], 'revoke(): jti: expected a non-empty string; received undefined'],
  [server.registerKey, ['key'], 'registerKey(): provide: expected a function; received "key"'],
  [server.onCall, [undefined], 'onCall(): the listener: expected a function; received undefined'],
  [server.on, ['spike', undefined], 'on(): the listener: expected a function; received undefined'],
  [server.protect, [undefined], 'protect(): the handler: expected a function; received undefined'],
  [protect, [server, {}], 'protect(): the listener: expected a function; received object'],
  [protectResolver, [server, null], 'protect(): the resolver: expected a function; received null'],
  [toNodeListener, [server, 5], 'toNodeListener(): next: expected a function; received 5'],
  [createHandlers, [server, null], 'createHandlers(): options: expected an object; received null'],
  [
    createHandlers,
    [server, { baseUrl: '' }],
    'createHandlers(): baseUrl: expected one of baseURL; received an unknown name'
  ],
  [
    createHandlers,
    [server, { baseURL: 5 }],
    "createHandlers(): baseURL: expected '' or an http(s) origin"
  ],
  [listen, [server, null], 'listen(): options: expected an object; received null'],
  [
    listen,
    [server, { prot: 0 }],
    'listen(): prot: expected one of port, host, control, next; received an unknown name'
  ],
  [
    listen,
    [server, { port: '80' }],
    'listen(): port: expected a whole number from 0 to 65535; received "80"'
  ],
  [
    listen,
    [server, { port: 65_536 }],
    'listen(): port: expected a whole number from 0 to 65535; received 65536'
  ],
  [listen, [server, { host: '' }], 'listen(): host: expected a non-empty string; received ""'],
  [listen, [server, { control: 'no' }], 'listen(): control: expected true or false; received "no"'],
  [listen, [server, { next: {} }], 'listen(): next: expected a function; received object']
]

it.each(invalid.map(([call, given, message]) => [message, call, given] as const))(
  '%s',
  async (message, call, given) => {
    const act = async () => Reflect.apply(call, undefined, given)
    await expect(act()).rejects.toThrow(TypeError)
    await expect(act()).rejects.toThrow(message)
  }
)

it('a wrong order opens no session', async () => {
  const { signIn, sessions } = createMockAuthServer()
  await expect(signIn(undefined, 'nonsense')).rejects.toThrow(TypeError)
  expect(sessions).toEqual([])
})

it.each([
  ['except', ['parallel-refresh']],
  ['inFlightSeconds', 0],
  ['quietMs', 'x'],
  ['baseURL', 'https://evil.test'],
  ['port', 'x'],
  ['host', ''],
  ['control', true],
  ['next', 'x'],
  ['headers', { 'X-Evil': '1' }],
  ['body', 'evil']
])('methods and doors inherit no %s', async (name, value) => {
  const seen = await whilePolluted(name, value, async () => {
    const mock = createMockAuthServer()
    const handlers = createHandlers(mock, { ...home })
    const open: Listening = await listen(mock, {})
    await mock.idle({})
    mock.assertNoViolations({})
    mock.failNext('me', { status: 418 })
    const request = { method: 'GET', url: `${open.url}/me`, headers: [] }
    const { headers, body } = await mock.handle(request)
    return { open, handlers: handlers.length, headers: headers.map(([key]) => key), body }
  })
  onTestFinished(seen.open.close)
  expect(seen).toMatchObject({ handlers: 7, headers: ['Vary'], body: '' })
  expect(seen.open.url).toMatch(/^http:\/\/localhost:\d+$/)
  expect((await fetch(`${seen.open.url}/__mock/calls`)).status).toBe(404)
})
