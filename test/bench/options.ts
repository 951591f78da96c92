// Options: the command line of the benchmark.
import { parseArgs } from 'node:util'

export interface BenchOptions {
  readonly isHelp: boolean
  readonly isVersion: boolean
  readonly isCheck: boolean
  /** The names of the parts to run; `undefined` for all. */
  readonly only: readonly string[] | undefined
  /** The file for the figures. */
  readonly json: string | undefined
  /** The folder for the charts. */
  readonly charts: string | undefined
  readonly rounds: number
  readonly processes: number
  readonly most: number
  readonly clients: number
}

/** @throws Error if an option is unknown, or has a value that it does not take. */
export function readOptions(args: readonly string[], parts: readonly string[]): BenchOptions {
  const { values } = parseArgs({
    args: [...args],
    strict: true,
    options: {
      help: { type: 'boolean', short: 'h', default: false },
      version: { type: 'boolean', default: false },
      check: { type: 'boolean', default: false },
      only: { type: 'string' },
      json: { type: 'string' },
      charts: { type: 'string' },
      rounds: { type: 'string', default: '31' },
      processes: { type: 'string', default: '3' },
      most: { type: 'string', default: '10000' },
      clients: { type: 'string', default: '100000' }
    }
  })
  const only = values.only?.split(',').map((name) => name.trim())
  const unknown = only?.filter((name) => !parts.includes(name)) ?? []
  if (unknown.length > 0) {
    throw new Error(`--only: there is no part ${unknown.join(', ')}. Parts: ${parts.join(', ')}`)
  }
  if (values.check && values.charts !== undefined) {
    throw new Error('--charts: with --check, the peers are not measured')
  }
  return {
    isHelp: values.help,
    isVersion: values.version,
    isCheck: values.check,
    only,
    json: values.json,
    charts: values.charts,
    rounds: readCount('rounds', values.rounds),
    processes: readCount('processes', values.processes),
    most: readCount('most', values.most),
    clients: readCount('clients', values.clients)
  }
}

function readCount(name: string, text: string): number {
  const count = Number(text)
  if (Number.isInteger(count) && count > 0) return count
  throw new Error(`--${name}: ${text} is not a whole number above 0`)
}

export function usage(parts: readonly { readonly name: string; readonly about: string }[]): string {
  const lines = parts.map(({ name, about }) => `  ${name.padEnd(14)} ${about}`)
  return `Usage: npm run bench -- [options]

Measures the built client and the mock against floors and peers.

Options:
  --only PARTS      run these parts only, separated by commas
  --check           measure the figures that have a budget, and compare them
  --json FILE       write the figures and tables to a file
  --charts DIR      draw the sizes, storms and the hot path as SVG files
  --rounds N        rounds of each time measurement (default 31)
  --processes N     processes of each time measurement of the hot path (default 3)
  --most N          the largest storm (default 10000, at most 100000)
  --clients N       clients of the simulated fleet (default 100000)
  --help, -h        show this text
  --version         show the versions of the client, Node, axios and the peers

Parts:
${lines.join('\n')}

Exit codes: 0 done, 1 a budget does not hold or a part fails, 2 an option is wrong.
`
}
