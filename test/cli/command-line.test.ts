// Command line: output and exit code, in a child process if it serves, otherwise in this process.
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { address, run, serveWithFakeTimers, start } from './run-command.ts'

const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')

const login = {
  method: 'POST',
  headers: { 'Content-Type': 'application/json' },
  body: JSON.stringify({ email: 'ada@example.com', password: 'lovelace' })
}

describe('help and version', () => {
  it.each([[['--version']], [['-v']]])(
    'everbearer %j prints the version of the package',
    async (args) => {
      expect(await run(args)).toEqual({
        code: 0,
        stdout: `${JSON.parse(manifest).version}\n`,
        stderr: ''
      })
    }
  )

  it.each([[['--help']], [['-h']], [['help']]])(
    'everbearer %j prints the commands',
    async (args) => {
      const { code, stdout } = await run(args)
      expect([code, stdout]).toEqual([
        0,
        expect.stringContaining('mock           run the mock auth server')
      ])
    }
  )

  it.each([[['mock', '--help']], [['mock', '-h']], [['help', 'mock']]])(
    'everbearer %j prints every option',
    async (args) => {
      const { code, stdout } = await run(args)
      const options = [
        'port',
        'host',
        'alg',
        'contract',
        'access-token-seconds',
        'session-seconds',
        'grace-seconds',
        'allow-origin',
        'latency-ms',
        'control',
        'rotate-every',
        'quiet'
      ]
      expect(code).toBe(0)
      for (const option of options) expect(stdout).toContain(`--${option} `)
    }
  )
})

it.each([
  [[], 'Command: expected one of mock; received none.'],
  [['serve'], 'Command: expected one of mock; received "serve"'],
  [['__proto__'], 'Command: expected one of mock; received "__proto__"'],
  [['mock', '--port', 'http'], '--port: expected a whole number from 0 to 65535; received "http"'],
  [
    ['mock', '--port', '65536'],
    '--port: expected a whole number from 0 to 65535; received "65536"'
  ],
  [['mock', '--port', ''], '--port: expected a whole number from 0 to 65535; received ""'],
  [
    ['mock', '--access-token-seconds', '0'],
    '--access-token-seconds: expected a whole number of seconds from 1 to 31536000; received "0"'
  ],
  [
    ['mock', '--session-seconds', '1e3'],
    '--session-seconds: expected a whole number of seconds from 1 to 31536000; received "1e3"'
  ],
  [
    ['mock', '--grace-seconds=-1'],
    '--grace-seconds: expected a whole number of seconds from 0 to 86400; received "-1"'
  ],
  [['mock', '--alg', 'none'], '--alg: expected one of HS256, RS256, ES256, EdDSA; received "none"'],
  [
    ['mock', '--latency-ms', '60001'],
    '--latency-ms: expected a whole number of milliseconds from 0 to 60000; received "60001"'
  ],
  [
    ['mock', '--rotate-every', '0'],
    '--rotate-every: expected a whole number of seconds from 1 to 2147483; received "0"'
  ],
  [
    ['mock', '--allow-origin', 'example.com'],
    '--allow-origin: expected an origin such as https://app.example.com, without a path or a trailing slash; received "example.com"'
  ],
  [['mock', '--allow-origin', '*'], 'received "*"'],
  [['mock', '--host', ''], 'Option --host: expected a value'],
  [['help', 'serve'], 'Command: expected one of mock; received "serve"'],
  [['mock', '--colour'], "Unknown option '--colour'"],
  [['mock', '--port'], "Option '--port <value>' argument missing"],
  [['mock', '--port', '-1'], "Did you forget to specify the option argument for '--port'?"],
  [['mock', 'now'], "Unexpected argument 'now'"]
])('everbearer %j is a usage error: %s', async (args, message) => {
  const { code, stdout, stderr } = await run(args)
  expect([code, stdout]).toEqual([2, ''])
  expect(stderr).toContain(message)
  const help = args[0] === 'mock' ? 'everbearer mock --help' : 'everbearer --help'
  expect(stderr).toContain(`See ${help}.`)
})

describe('everbearer mock', () => {
  it('serves requests, prints one line per call, and exits with 0 on SIGINT', async () => {
    const running = start(['mock', '--port', '0', '--access-token-seconds', '60'])
    const url = await address(running)
    const response = await fetch(`${url}/login`, login)
    const { access_token: token, expires_in: seconds } = (await response.json()) as Record<
      string,
      unknown
    >
    expect(seconds).toBe(60)
    const me = await fetch(`${url}/me`, { headers: { authorization: `Bearer ${token}` } })
    expect(await me.json()).toEqual({ sub: 'user-1', email: 'ada@example.com' })
    await fetch(`${url}/me?access_token=${token}`)
    await running.until(/missing_token/)
    running.child.kill('SIGINT')

    expect(await running.exit).toBe(0)
    const { stdout, stderr } = running.output()
    expect(stderr).toBe('')
    expect(stdout).toContain('Sign in as ada@example.com with the password lovelace.')
    expect(stdout).toMatch(/^\d\d:\d\d:\d\d POST \/login {14}200 signed_in key-1-[\w-]+$/m)
    expect(stdout).toMatch(/^\d\d:\d\d:\d\d GET \/me {18}200 accepted key-1-[\w-]+$/m)
    expect(stdout).not.toContain(String(token))
    expect(stdout).not.toContain('\u001b')
  })

  it('exits with 0 on SIGTERM, and prints no calls with --quiet', async () => {
    const running = start(['mock', '--port', '0', '--quiet'])
    await fetch(`${await address(running)}/me`)
    running.child.kill('SIGTERM')

    expect(await running.exit).toBe(0)
    expect(running.output().stdout).not.toContain('missing_token')
  })

  it('allows only the origins given with --allow-origin', async () => {
    const running = start([
      'mock',
      '--port',
      '0',
      '--allow-origin',
      'https://a.test',
      '--allow-origin',
      'https://b.test'
    ])
    const url = await address(running)
    const allowed = async (origin: string) =>
      (await fetch(`${url}/me`, { headers: { origin } })).headers.get('access-control-allow-origin')

    expect(
      await Promise.all(['https://a.test', 'https://b.test', 'http://localhost:1'].map(allowed))
    ).toEqual(['https://a.test', 'https://b.test', null])
  })

  it('rotates keys with --rotate-every, and retires a key when its tokens have expired', async () => {
    const { until, passSeconds } = await serveWithFakeTimers([
      '--rotate-every',
      '1',
      '--access-token-seconds',
      '1'
    ])
    passSeconds(1)
    const [, kid = '', previous = ''] = await until(
      /rotated: (key-2-\S+) signs, (key-1-\S+) verifies/
    )
    expect(kid).not.toBe(previous)
    passSeconds(2)
    const [, retired] = await until(/retired: (\S+)/)
    expect(retired).toBe(previous)
  })

  it('serves the control API only with --control, and lists its commands', async () => {
    const controlled = start(['mock', '--port', '0', '--control'])
    const plain = start(['mock', '--port', '0'])
    const url = await address(controlled)
    await controlled.until(
      /Tests on this machine can control it:[\s\S]*POST {2}\/__mock\/fail-next\n/
    )
    const plan = { method: 'POST', body: JSON.stringify({ endpoint: 'login', fault: 503 }) }
    expect((await fetch(`${url}/__mock/fail-next`, plan)).status).toBe(204)
    expect((await fetch(`${url}/login`, login)).status).toBe(503)

    const reset = await fetch(`${await address(plain)}/__mock/reset`, { method: 'POST' })
    expect(reset.status).toBe(404)
    expect(await reset.text()).toContain('start the mock with --control')
    expect(plain.output().stdout).not.toContain('can control it')
  })

  it('keeps rotating if a test has already retired the key', async () => {
    const args = ['--control', '--rotate-every', '1', '--access-token-seconds', '1']
    const { url, output, until, passSeconds } = await serveWithFakeTimers(args)
    passSeconds(1)
    await until(/rotated: key-2-/)
    await fetch(`${url}/__mock/retire-key`, { method: 'POST' })
    passSeconds(3)
    await until(/rotated: key-4-/)
    expect(output.stderr).toBe('')
  })

  it('signs with the algorithm given with --alg', async () => {
    const running = start(['mock', '--port', '0', '--alg', 'ES256'])
    const url = await address(running)
    const response = await fetch(`${url}/login`, login)
    const { access_token: token } = (await response.json()) as { access_token: string }
    const header = JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString())
    expect(header.alg).toBe('ES256')
    expect((await fetch(`${url}/.well-known/jwks.json`)).status).toBe(200)
  })

  it('prints that it is for tests and development only', async () => {
    const running = start(['mock', '--port', '0'])
    await address(running)
    expect(running.output().stdout).toContain('For tests and development only')
  })

  it('exits with 1 and suggests another port if the port is in use', async () => {
    const other = createServer().listen(0, 'localhost')
    await once(other, 'listening')
    onTestFinished(() => void other.close())
    const { port } = other.address() as AddressInfo
    const { code, stdout, stderr } = await run(['mock', '--port', String(port)])

    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toBe(
      `Port ${port} on localhost is in use. Stop the process that uses it, or choose another --port (0 selects a free one).\n`
    )
  })

  it('exits with 1 and prints the error code if it cannot listen', async () => {
    const { code, stderr } = await run(['mock', '--host', 'nowhere.invalid', '--port', '0'])
    expect(code).toBe(1)
    expect(stderr).toMatch(
      /^Cannot listen on nowhere\.invalid, port 0 \([A-Z_]+\)\. Choose another --host or --port\.\n$/
    )
  })

  it('exits with 1 if NODE_ENV is production', async () => {
    const { code, stdout, stderr } = await run(['mock', '--port', '0'], { NODE_ENV: 'production' })
    expect([code, stdout]).toEqual([1, ''])
    expect(stderr).toContain('NODE_ENV=production')
  })

  it('exits on the first SIGINT even if a gate holds a call', async () => {
    const running = start(['mock', '--port', '0', '--control'])
    const url = await address(running)
    const post = (name: string, body: unknown) =>
      fetch(`${url}/__mock/${name}`, { method: 'POST', body: JSON.stringify(body) })
    const { gate } = (await (await post('hold', { endpoint: 'me' })).json()) as { gate: string }
    const held = expect(fetch(`${url}/me`)).rejects.toThrow()
    await post('arrived', { gate })
    running.child.kill('SIGINT')
    expect(await running.exit).toBe(0)
    await held
  })

  it('exits with 0 when its output is closed', async () => {
    const running = start(['mock', '--port', '0'])
    const url = await address(running)
    running.child.stdout?.destroy()
    await fetch(`${url}/me`).catch(() => {})
    expect([await running.exit, running.output().stderr]).toEqual([0, ''])
  })
})
