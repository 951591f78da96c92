// Benchmark: `npm run bench` measures the client and the mock against floors and peers.
import { writeFileSync } from 'node:fs'
import { missedBudgets } from './budgets.ts'
import { writeCharts } from './charts/write-charts.ts'
import { allocation, hotPath } from './client/hot-path.ts'
import { instructions } from './client/instructions.ts'
import { roundTrips } from './client/round-trips.ts'
import { size } from './client/size.ts'
import { storm } from './client/storm.ts'
import { stragglers } from './client/stragglers.ts'
import { fleet } from './fleet/fleet.ts'
import { mock } from './mock/measure.ts'
import { type BenchOptions, readOptions, usage } from './options.ts'
import { installPeers } from './peers/load.ts'
import { format, type Part, type Report } from './report.ts'
import { readVersions } from './versions.ts'

/** The parts with figures that are stable enough for a budget. */
const checked: readonly Part[] = [
  size,
  allocation,
  instructions,
  stragglers,
  roundTrips,
  fleet,
  storm
]
const parts: readonly Part[] = [...checked, hotPath, mock]

function readArguments(): BenchOptions | undefined {
  const names = parts.map(({ name }) => name)
  try {
    return readOptions(process.argv.slice(2), names)
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : error}\n`)
    process.stderr.write('Try `npm run bench -- --help`.\n')
    return undefined
  }
}

/** Shows one line that changes, if a person may be watching. */
function progress(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\x1b[2K${text}`)
}

async function measure(options: BenchOptions): Promise<number> {
  const versions = readVersions()
  const named = Object.entries(versions).map(([name, version]) => `${name} ${version}`)
  console.log(`${named.join(', ')}\n`)
  progress('installing the peers')
  await installPeers()
  const chosen = (options.isCheck ? checked : parts).filter(
    ({ name }) => options.only === undefined || options.only.includes(name)
  )
  const reports: (Report & { readonly name: string })[] = []
  for (const { name, run } of chosen) {
    const report = await run({ ...options, progress })
    progress('')
    if (report.skipped !== undefined) console.log(`${name}: skipped, ${report.skipped}\n`)
    for (const section of report.sections) console.log(format(section))
    reports.push({ name, ...report })
  }
  if (options.json !== undefined) {
    writeFileSync(options.json, `${JSON.stringify({ versions, parts: reports }, null, 2)}\n`)
  }
  if (options.charts !== undefined) {
    for (const file of writeCharts(options.charts, reports, named)) console.log(`wrote ${file}`)
  }
  if (!options.isCheck) return 0
  const measured = reports.filter(({ skipped }) => skipped === undefined)
  const figures = Object.assign({}, ...measured.map((report) => report.figures))
  const missed = missedBudgets(
    figures,
    measured.map(({ name }) => name)
  )
  for (const line of missed) console.log(line)
  if (missed.length === 0) console.log('All budgets hold.')
  return missed.length === 0 ? 0 : 1
}

const options = readArguments()
if (options === undefined) process.exitCode = 2
else if (options.isHelp) process.stdout.write(usage(parts))
else if (options.isVersion) {
  for (const [name, version] of Object.entries(readVersions())) console.log(`${name} ${version}`)
} else process.exitCode = await measure(options)
