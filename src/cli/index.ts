#!/usr/bin/env node
// Command line entry: runs a command, or prints help or the version, and sets the exit code.
import { readFileSync } from 'node:fs'
import { mockHelp, runMock } from './mock.ts'
import { UsageError } from './usage.ts'

const help = `Usage: everbearer <command> [options]

Commands:
  mock           run the mock auth server on a port
  help <command> print the help of a command

Options:
  -h, --help     print this help, or the help of a command
  -v, --version  print the version
`

interface Command {
  readonly help: string
  run(args: readonly string[]): Promise<number>
}

const commands: Readonly<Record<string, Command>> = Object.assign(Object.create(null), {
  mock: { help: mockHelp, run: runMock }
})

const commandNames = Object.keys(commands).join(', ')

/** @returns the exit code: 0 for success, 1 for a failure, 2 for a usage error */
async function run([name, ...rest]: readonly string[]): Promise<number> {
  if (name === '--version' || name === '-v') return print(`${readVersion()}\n`)
  if (name === '--help' || name === '-h') return print(help)
  if (name === 'help') return print(rest[0] === undefined ? help : findCommand(rest[0]).help)
  if (name === undefined) {
    throw new UsageError(`Command: expected one of ${commandNames}; received none.`)
  }
  return findCommand(name).run(rest)
}

function findCommand(name: string): Command {
  const command = commands[name]
  if (command !== undefined) return command
  throw new UsageError(
    `Command: expected one of ${commandNames}; received ${JSON.stringify(name)}.`
  )
}

/** The command that prints the help for this command line. */
function helpFor([name = '']: readonly string[]): string {
  return commands[name] === undefined ? 'everbearer --help' : `everbearer ${name} --help`
}

function print(text: string): number {
  process.stdout.write(text)
  return 0
}

/** The manifest is two levels above both `dist/cli` and `src/cli`. */
function readVersion(): string {
  const manifest = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return (JSON.parse(manifest) as { version: string }).version
}

// The reader closed the pipe, as `head` does: nothing is left to print, so the command succeeded.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit(0)
})

const args = process.argv.slice(2)
process.exitCode = await run(args).catch((error: unknown) => {
  if (error instanceof UsageError) {
    process.stderr.write(`everbearer: ${error.message}\nSee ${helpFor(args)}.\n`)
    return 2
  }
  process.stderr.write(`everbearer: ${error instanceof Error ? error.message : String(error)}\n`)
  return 1
})
