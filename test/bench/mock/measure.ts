// Benchmark of the mock against its floors and a peer: `npm run bench`. The ratios are comparable
// between machines; the absolute figures are not. In each round, every contender runs in a new
// process.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { version } from 'node:process'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { type Contender, contenders, type Role } from './contenders.ts'
import { askOnce, requestsPerSecond } from './load.ts'

const rounds = Number(process.env.BENCH_ROUNDS ?? 5)
const starts = Number(process.env.BENCH_STARTS ?? 6)
const connections = 50
const roundMs = 1500

interface Running extends Contender {
  readonly child: ChildProcess
  readonly port: number
}

/** Results of one contender per round; for memory, the last round, idle and loaded. */
interface Seen {
  readonly rates: number[]
  readonly cpuUs: number[]
  readonly MiB: number[]
}

async function launch(contender: Contender): Promise<Running> {
  const file = join(import.meta.dirname, 'contenders.ts')
  const child = spawn(process.execPath, [file, contender.name], {
    stdio: ['ignore', 'pipe', 'pipe']
  })
  const errors: string[] = []
  child.stderr.on('data', (text) => errors.push(String(text)))
  const lines = createInterface(child.stdout)
  const [line] = await Promise.race([once(lines, 'line'), once(child, 'exit').then(() => [])])
  if (!/^\d+$/.test(String(line)))
    throw new Error(errors.join('') || 'the contender did not listen')
  return { ...contender, child, port: Number(line) }
}

async function stop({ child }: Running): Promise<void> {
  child.kill('SIGKILL')
  await once(child, 'exit')
}

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((one, other) => one - other)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

/** The median of the ratios per round, because a disturbance of a round affects both sides. */
function ratioOf(ones: readonly number[] = [], others: readonly number[] = []): string {
  const ratio = median(ones.map((one, round) => one / (others[round] ?? Number.NaN)))
  return Number.isFinite(ratio) ? ratio.toFixed(2) : '–'
}

/** Rotates the list, so that another contender starts each round. */
function rotated<Item>(items: readonly Item[], by: number): readonly Item[] {
  const at = by % items.length
  return [...items.slice(at), ...items.slice(0, at)]
}

function residentMiB({ child }: Running): number {
  try {
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8')
    return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024
  } catch {
    return Number.NaN
  }
}

/** CPU time of the process on all cores, which includes other threads. A tick on Linux is 10 ms. */
function cpuMs({ child }: Running): number {
  try {
    const [, fields = ''] = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')
    const [userTicks, systemTicks] = fields.split(' ').slice(11, 13).map(Number)
    return (Number(userTicks) + Number(systemTicks)) * 10
  } catch {
    return Number.NaN
  }
}

function print(rows: readonly (readonly string[])[]): void {
  const widths = rows[0]?.map((_, column) =>
    Math.max(...rows.map((row) => row[column]?.length ?? 0))
  )
  for (const row of rows) {
    const cells = row.map((cell, column) =>
      column === 0 ? cell.padEnd(widths?.[0] ?? 0) : cell.padStart(widths?.[column] ?? 0)
    )
    console.log(`  ${cells.join('   ')}`)
  }
  console.log('')
}

/** Starts each contender once, and leaves out those that fail, such as unsupported algorithms. */
async function available(): Promise<readonly Contender[]> {
  const found: Contender[] = []
  for (const contender of contenders) {
    try {
      await stop(await launch(contender))
      found.push(contender)
    } catch {
      console.log(`  skipped: ${contender.name} does not start in this build`)
    }
  }
  return found
}

async function measureThroughput(all: readonly Contender[]): Promise<void> {
  const measured = new Map(all.map(({ name }) => [name, { rates: [], cpuUs: [], MiB: [] } as Seen]))
  for (let round = 0; round < rounds; round += 1) {
    for (const contender of rotated(all, round)) {
      const running = await launch(contender)
      const idleMiB = residentMiB(running)
      await requestsPerSecond(running, connections, roundMs / 3)
      const beforeMs = cpuMs(running)
      const rate = await requestsPerSecond(running, connections, roundMs)
      const seen = measured.get(contender.name)
      seen?.rates.push(rate)
      seen?.cpuUs.push(((cpuMs(running) - beforeMs) * 1000) / ((rate * roundMs) / 1000))
      seen?.MiB.splice(0, 2, idleMiB, residentMiB(running))
      await stop(running)
    }
  }
  const ratio = (one: Contender, role: Role): string => {
    const other = all.find((it) => it.role === role && (role === 'raw' || it.alg === one.alg))
    return ratioOf(measured.get(one.name)?.rates, measured.get(other?.name ?? '')?.rates)
  }

  console.log(
    `token endpoint, ${connections} connections, median of ${rounds} rounds, Node.js ${version}`
  )
  console.log(
    'x its signature: ratio to a server that only signs. x same crypto: ratio to one that also'
  )
  console.log(
    'creates and hashes the random values of a login. x jose: the same, but it signs with jose.'
  )
  const roles: readonly Role[] = ['raw', 'its signature', 'same crypto', 'jose', 'peer']
  print([
    ['', 'req/s', ...roles.map((role) => `x ${role}`), 'CPU µs', 'MiB idle', 'MiB loaded'],
    ...all.map((contender) => {
      const { rates, cpuUs, MiB } = measured.get(contender.name) ?? {
        rates: [],
        cpuUs: [],
        MiB: []
      }
      return [
        contender.name,
        median(rates).toFixed(0),
        ...roles.map((role) => ratio(contender, role)),
        median(cpuUs).toFixed(0),
        ...MiB.map((each) => each.toFixed(0))
      ]
    })
  ])
}

async function measureStart(all: readonly Contender[]): Promise<void> {
  const times = new Map(all.map(({ name }) => [name, [] as number[]]))
  for (let start = 0; start < starts; start += 1) {
    for (const contender of rotated(all, start)) {
      const startedAtMs = performance.now()
      const running = await launch(contender)
      const status = await askOnce(running)
      times.get(contender.name)?.push(performance.now() - startedAtMs)
      if (status !== 200) throw new Error(`${contender.name}: ${status}`)
      await stop(running)
    }
  }
  const raw = times.get(all[0]?.name ?? '')
  console.log(`from spawn to the first token, median of ${starts}`)
  print([
    ['', 'ms', 'x raw'],
    ...all.map(({ name }) => {
      const ms = times.get(name) ?? []
      return [name, median(ms).toFixed(0), ratioOf(ms, raw)]
    })
  ])
}

async function measureInProcess(): Promise<void> {
  const file = join(import.meta.dirname, 'in-process.ts')
  const { stdout } = await promisify(execFile)(process.execPath, [file])
  const times = JSON.parse(stdout) as [string, number[]][]
  const floor = times[0]?.[1]
  console.log('in one process, one request after the other')
  print([
    ['', 'µs', 'x msw alone'],
    ...times.map(([name, us]) => [name, median(us).toFixed(0), ratioOf(us, floor)])
  ])
}

const all = await available()
await measureThroughput(all)
await measureStart(all)
await measureInProcess()
