// Mock auth server in another process, controlled by requests: `npx everbearer mock --control`.
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { MockCall } from 'everbearer/mock'

export interface Mock {
  readonly url: string
  /** Calls a method of the server by its name in the control API. */
  control(name: string, body?: object): Promise<unknown>
  calls(route: string): Promise<readonly MockCall[]>
  /** Throws if the client broke a rule. */
  assertNoViolations(): Promise<void>
  close(): void
}

export async function startMock(command: string, args: readonly string[]): Promise<Mock> {
  const child = spawn(command, [...args, 'mock', '--control', '--port', '0'])
  const url = await addressOf(child)
  const ask = async (method: string, name: string, body?: object) => {
    const init = body === undefined ? { method } : { method, body: JSON.stringify(body) }
    const response = await fetch(`${url}/__mock/${name}`, init)
    if (!response.ok) throw new Error(await response.text())
    return response.status === 204 ? undefined : response.json()
  }
  return {
    url,
    control: (name, body) => ask('POST', name, body),
    calls: (route) => ask('GET', `calls?route=${route}`),
    async assertNoViolations() {
      const violations = await ask('GET', 'violations')
      if (violations.length > 0) throw new Error(JSON.stringify(violations, null, 2))
    },
    close: () => void child.kill()
  }
}

async function addressOf(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('the mock has no output')
  for await (const line of createInterface(child.stdout)) {
    const url = /listens on (http:\S+)/.exec(line)?.[1]
    if (url === undefined) continue
    child.stdout.resume()
    return url
  }
  throw new Error('the mock exited before it printed its address')
}
