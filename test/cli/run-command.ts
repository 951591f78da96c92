// Command runner: runs the command line in a child process, or in this process.
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { onTestFinished, vi } from 'vitest'

const entry = fileURLToPath(new URL('../../src/cli/index.ts', import.meta.url))

type Environment = Readonly<Record<string, string>>

interface Result {
  readonly code: number | string | null | undefined
  readonly stdout: string
  readonly stderr: string
}

interface RunningHere extends Pick<Running, 'until'> {
  readonly result: Promise<Result>
  readonly output: { stdout: string; stderr: string }
}

interface Serving extends Omit<RunningHere, 'result'> {
  readonly url: string
  passSeconds(seconds: number): void
}

export interface Running {
  readonly child: ChildProcess
  /** The output so far. */
  output(): { stdout: string; stderr: string }
  exit: Promise<number | null>
  /** Waits until stdout matches. */
  until(pattern: RegExp): Promise<RegExpExecArray>
}

export function start(args: readonly string[], env: Environment = {}): Running {
  const { NODE_ENV: _mode, FORCE_COLOR: _colour, ...inherited } = process.env
  const child = spawn(process.execPath, [entry, ...args], { env: { ...inherited, ...env } })
  const output = { stdout: '', stderr: '' }
  child.stdout.on('data', (chunk) => {
    output.stdout += chunk
  })
  child.stderr.on('data', (chunk) => {
    output.stderr += chunk
  })
  const exit = once(child, 'close').then(([code]) => code as number | null)
  onTestFinished(async () => {
    child.kill('SIGKILL')
    await exit
  })
  const until = async (pattern: RegExp): Promise<RegExpExecArray> => {
    for (;;) {
      const found = pattern.exec(output.stdout)
      if (found !== null) return found
      const isOver = await Promise.race([
        once(child.stdout, 'data').then(() => false),
        exit.then(() => true)
      ])
      if (isOver) throw new Error(`ended before ${pattern}: ${output.stdout}${output.stderr}`)
    }
  }
  return { child, output: () => ({ ...output }), exit, until }
}

/** Starts the command line in this process, as if Node had started it with these arguments. */
function startHere(args: readonly string[], env: Environment = {}): RunningHere {
  const { argv, exitCode } = process
  const output = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[name], 'write').mockImplementation((chunk) => {
      output[name] += String(chunk)
      return true
    })
  }
  for (const [name, value] of Object.entries(env)) vi.stubEnv(name, value)
  process.argv = [process.execPath, entry, ...args]
  vi.resetModules()
  const result = import('../../src/cli/index.ts')
    .then(() => ({ code: process.exitCode, ...output }))
    .finally(() => {
      Object.assign(process, { argv, exitCode })
      process.stdout.removeAllListeners('error')
      vi.restoreAllMocks()
      vi.unstubAllEnvs()
    })
  const until = async (pattern: RegExp): Promise<RegExpExecArray> => {
    for (;;) {
      const found = pattern.exec(output.stdout)
      if (found !== null) return found
      await new Promise((resolve) => setImmediate(resolve))
    }
  }
  return { result, output, until }
}

export function run(args: readonly string[], env: Environment = {}): Promise<Result> {
  return startHere(args, env).result
}

/** Starts a mock in this process on fake timers. It stops when the test ends. */
export async function serveWithFakeTimers(args: readonly string[]): Promise<Serving> {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] })
  const { output, until, result } = startHere(['mock', '--port', '0', ...args])
  onTestFinished(async () => {
    process.emit('SIGINT')
    await result
    vi.useRealTimers()
  })
  const url = await address({ until })
  return {
    url,
    output,
    until,
    passSeconds: (seconds) => void vi.advanceTimersByTime(seconds * 1000)
  }
}

export async function address(running: Pick<Running, 'until'>): Promise<string> {
  const [, url = ''] = await running.until(/listens on (http:\S+)\n[\s\S]*\/me\n/)
  return url
}
