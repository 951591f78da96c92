// Server process: runs a start script of `servers/` until it is stopped.
import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'

export interface ServerProcess {
  readonly url: string
  stop(): Promise<void>
}

/** Debian's Python, which has Debian's packages. */
export const python = '/usr/bin/python3'

/** Resolves once the server accepts requests. */
export async function startServer(script: string): Promise<ServerProcess> {
  const path = `${import.meta.dirname}/servers/${script}`
  const command = script.endsWith('.py') ? python : process.execPath
  const child = spawn(command, [path], { stdio: ['pipe', 'pipe', 'pipe'] })
  let output = ''
  child.stderr.on('data', (chunk) => {
    output += chunk
  })
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const url = await new Promise<string>((resolve, reject) => {
    createInterface(child.stdout).once('line', resolve)
    child.once('error', reject)
    child.once('close', (code) => reject(new Error(`${script} exited with ${code}.\n${output}`)))
  })
  return {
    url,
    async stop() {
      // The start scripts exit when their input ends.
      child.stdin.end()
      await ended
    }
  }
}
