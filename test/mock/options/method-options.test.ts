// Method options: methods and adapters check them like the options of the server.
import { createMockAuthServer } from 'everbearer/mock'
import { createHandlers, protect as protectResolver } from 'everbearer/mock/msw'
import { type Listening, listen, protect, toNodeListener } from 'everbearer/mock/node'
import { expect, it, onTestFinished } from 'vitest'
import { whilePolluted } from '../../support/tables/prototype-pollution.ts'

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
    'assertNoViolations(): expect: no such option; did you mean except?'
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
  [server.idle, [{ quiet: 1 }], 'idle(): quiet: no such option; did you mean quietMs?'],
  [
    server.hold('jwks').arrived,
    ['two'],
    'arrived(): count: expected a whole number from 1 to 9007199254740991; received "two"'
  ],
  [server.hold('jwks').arrived, [0], 'arrived(): count: expected a whole number from 1'],
  [
    server.failNext,
    ['jwks', { status: 500, header: {} }],
    'failNext(): fault.header: no such option; did you mean headers?'
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
    'signIn(): url: expected a URL of the server, such as \'http://localhost\'; received "nonsense"'
  ],
  [server.revoke, [undefined], 'revoke(): jti: expected a non-empty string; received undefined'],
  [server.registerKey, ['key'], 'registerKey(): provide: expected a function; received "key"'],
  [server.onCall, [undefined], 'onCall(): listener: expected a function; received undefined'],
  [server.on, ['spike', undefined], 'on(): listener: expected a function; received undefined'],
  [server.protect, [undefined], 'protect(): handler: expected a function; received undefined'],
  [protect, [server, {}], 'protect(): listener: expected a function; received an object'],
  [protectResolver, [server, null], 'protect(): resolver: expected a function; received null'],
  [toNodeListener, [server, 5], 'toNodeListener(): next: expected a function; received 5'],
  [createHandlers, [server, null], 'createHandlers(): options: expected an object; received null'],
  [
    createHandlers,
    [server, { baseUrl: '' }],
    'createHandlers(): baseUrl: no such option; did you mean baseURL?'
  ],
  [
    createHandlers,
    [server, { baseURL: 5 }],
    "createHandlers(): baseURL: expected '' or an http(s) origin"
  ],
  [listen, [server, null], 'listen(): options: expected an object; received null'],
  [listen, [server, { prot: 0 }], 'listen(): prot: no such option; did you mean port?'],
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
  [listen, [server, { next: {} }], 'listen(): next: expected a function; received an object']
]

it.each(invalid.map(([call, given, message]) => [message, call, given] as const))(
  'throws a TypeError: %s',
  async (message, call, given) => {
    const act = async () => Reflect.apply(call, undefined, given)
    await expect(act()).rejects.toThrow(TypeError)
    await expect(act()).rejects.toThrow(message)
  }
)

it('signIn() with an invalid url starts no session', async () => {
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
])('methods and adapters ignore an inherited option %s', async (name, value) => {
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
