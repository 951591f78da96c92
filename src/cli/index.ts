#!/usr/bin/env node
// The command line: finds the command, prints help and version, turns the outcome into an exit code.
import { readFileSync } from 'node:fs'
import { mockHelp, runMock } from './mock.ts'
import { UsageError } from './usage.ts'

const help = `Usage: everbearer <command> [options]

Commands:
  mock       run the mock auth server on a port

Options:
  --help     print this, or the help of a command
  --version  print the version
`

interface Command {
  readonly help: string
  run(args: readonly string[]): Promise<number>
}

const commands: Readonly<Record<string, Command>> = Object.assign(Object.create(null), {
  mock: { help: mockHelp, run: runMock }
})

/** Exit code: 0 done, 1 failed, 2 a command line that makes no sense. */
async function run([name, ...rest]: readonly string[]): Promise<number> {
  if (name === '--version' || name === '-v') return print(`${readVersion()}\n`)
  if (name === '--help' || name === '-h') return print(help)
  if (name === 'help') return print(rest[0] === undefined ? help : find(rest[0]).help)
  if (name === undefined) throw new UsageError('a command is missing')
  return find(name).run(rest)
}

function find(name: string): Command {
  const command = commands[name]
  if (command !== undefined) return command
  const known = Object.keys(commands).join(', ')
  throw new UsageError(`Command: expected one of ${known}; received ${JSON.stringify(name)}.`)
}

function print(text: string): number {
  process.stdout.write(text)
  return 0
}

/** From `dist/cli` as from `src/cli`, the manifest is two levels up. */
function readVersion(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}

// Whoever reads has gone, as `head` does: there is nobody left to print a line for.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(0)
})

process.exitCode = await run(process.argv.slice(2)).catch((error: unknown) => {
  if (error instanceof UsageError) {
    process.stderr.write(`everbearer: ${error.message}\nSee everbearer --help.\n`)
    return 2
  }
  process.stderr.write(`everbearer: ${error instanceof Error ? error.message : String(error)}\n`)
  return 1
})
