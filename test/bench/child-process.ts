// Child process: runs a measurement in a new process, and reads the JSON that it prints.
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface Started {
  readonly file: string
  readonly args?: readonly string[]
  /** Options of Node. */
  readonly flags?: readonly string[]
}

export async function measureIn<Result>({ file, args = [], flags = [] }: Started): Promise<Result> {
  const { stdout } = await run(process.execPath, [...flags, file, ...args], {
    env: { ...process.env, NODE_ENV: 'production' },
    maxBuffer: 2 ** 26
  })
  return JSON.parse(stdout)
}

/** Prints the result of a measurement for the process that started it. */
export function printResult(result: object): void {
  process.stdout.write(`${JSON.stringify(result)}\n`)
}
