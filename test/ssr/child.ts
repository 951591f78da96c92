// Child processes: runs a file of this folder in a separate Node process.
import { spawn } from 'node:child_process'
import { join } from 'node:path'

export interface ChildExit {
  readonly code: number | null
  readonly output: string
  readonly errors: string
  /** Time from the last output to the exit, in milliseconds. */
  readonly lingeredMs: number
}

export function runChild(file: string, args: readonly string[] = []): Promise<ChildExit> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [join(import.meta.dirname, file), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 30_000
    })
    let output = ''
    let errors = ''
    let lastOutputMs = performance.now()
    child.stdout.on('data', (chunk) => {
      output += chunk
      lastOutputMs = performance.now()
    })
    child.stderr.on('data', (chunk) => {
      errors += chunk
    })
    child.on('error', reject)
    child.on('close', (code) =>
      resolve({ code, output, errors, lingeredMs: performance.now() - lastOutputMs })
    )
  })
}
