// Installation: gets the real servers before the tests of this folder run.
import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { TestProject } from 'vitest/node'
import { python } from './server-process.ts'

declare module 'vitest' {
  export interface ProvidedContext {
    /** The kinds of start scripts that cannot run here. */
    missingServers: readonly ('.mjs' | '.py')[]
  }
}

const run = promisify(execFile)
const folder = import.meta.dirname

const howToGetPython =
  'Install the Python packages (Debian: `apt-get install -y python3-djangorestframework-simplejwt python3-python-flask-jwt-extended`).'

export default async function install({ provide }: TestProject): Promise<void> {
  const problems = [
    { kind: '.mjs', problem: await problemOf(installNodeServers) },
    { kind: '.py', problem: await problemOf(findPythonServers) }
  ] as const
  const missing = problems.filter(({ problem }) => problem !== undefined)
  const notice = missing.map(({ problem }) => problem).join('\n')
  if (missing.length > 0 && process.env.CI === 'true') throw new Error(notice)
  if (missing.length > 0) process.stderr.write(`\n  Skipped: tests with real servers. ${notice}\n`)
  provide(
    'missingServers',
    missing.map(({ kind }) => kind)
  )
}

/** Runs `npm ci`, unless the same lock file has been installed. */
async function installNodeServers(): Promise<void> {
  const marker = join(folder, 'node_modules/.installed')
  const hash = createHash('sha256')
    .update(readFileSync(join(folder, 'package-lock.json')))
    .digest('hex')
  if (existsSync(marker) && readFileSync(marker, 'utf8') === hash) return
  await run('npm', ['ci', '--no-progress', '--loglevel=error'], { cwd: folder })
  writeFileSync(marker, hash)
}

async function findPythonServers(): Promise<void> {
  await run(python, ['-c', 'import rest_framework_simplejwt, flask_jwt_extended']).catch(() => {
    throw new Error(howToGetPython)
  })
}

async function problemOf(task: () => Promise<void>): Promise<string | undefined> {
  return task().then(
    () => undefined,
    (error: Error) => error.message
  )
}
