// Mock: its token endpoint against its floors and a peer. The ratios are comparable between
// machines; the absolute figures are not. In each round, every contender runs in a new process.
import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { median, type Part, type Section, type Settings } from '../report.ts'
import { type Contender, contenders, type Role } from './contenders.ts'
import { askOnce, requestsPerSecond } from './load.ts'

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

/** Starts each contender once, and leaves out those that fail, such as unsupported algorithms. */
async function available(progress: Settings['progress']): Promise<readonly Contender[]> {
  const found: Contender[] = []
  for (const contender of contenders) {
    try {
      await stop(await launch(contender))
      found.push(contender)
    } catch {
      progress(`mock: ${contender.name} does not start in this build`)
    }
  }
  return found
}

async function measureThroughput(
  all: readonly Contender[],
  rounds: number,
  progress: Settings['progress']
): Promise<Section> {
  const measured = new Map(all.map(({ name }) => [name, { rates: [], cpuUs: [], MiB: [] } as Seen]))
  for (let round = 0; round < rounds; round += 1) {
    for (const contender of rotated(all, round)) {
      progress(`mock: ${contender.name}, round ${round + 1}`)
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

  const roles: readonly Role[] = ['raw', 'its signature', 'same crypto', 'jose', 'peer']
  const rows = [
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
  ]
  return {
    title: `token endpoint, ${connections} connections, median of ${rounds} rounds`,
    rows,
    notes: [
      'x its signature: ratio to a server that only signs. x same crypto: ratio to one that also',
      'creates and hashes the random values of a login. x jose: the same, but it signs with jose.'
    ]
  }
}

async function measureStart(all: readonly Contender[], starts: number): Promise<Section> {
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
  const rows = all.map(({ name }) => {
    const ms = times.get(name) ?? []
    return [name, median(ms).toFixed(0), ratioOf(ms, raw)]
  })
  const title = `from spawn to the first token, median of ${starts}`
  return { title, rows: [['', 'ms', 'x raw'], ...rows] }
}

async function measureInProcess(): Promise<Section> {
  const file = join(import.meta.dirname, 'in-process.ts')
  const { stdout } = await promisify(execFile)(process.execPath, [file])
  const times = JSON.parse(stdout) as [string, number[]][]
  const floor = times[0]?.[1]
  const rows = times.map(([name, us]) => [name, median(us).toFixed(0), ratioOf(us, floor)])
  const title = 'mock in one process, one request after the other'
  return { title, rows: [['', 'µs', 'x msw alone'], ...rows] }
}

export const mock: Part = {
  name: 'mock',
  about: 'token endpoint, start-up and requests of the mock auth server',
  async run({ isCheck, rounds, progress }) {
    if (isCheck) return { sections: [], figures: {}, skipped: 'it has times only' }
    const all = await available(progress)
    // A round of all contenders takes about 30 s.
    const throughput = await measureThroughput(all, Math.max(1, Math.round(rounds / 6)), progress)
    const start = await measureStart(all, Math.max(1, Math.round(rounds / 5)))
    return { sections: [throughput, start, await measureInProcess()], figures: {} }
  }
}
