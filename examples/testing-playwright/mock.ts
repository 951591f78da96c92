// The mock auth server in a process of its own, and what a test tells it. `npx everbearer mock --control` is all of it.
import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import type { MockCall } from 'everbearer/mock'

export interface Mock {
  readonly url: string
  /** The server's methods, by the names of the control API. */
  tell(name: string, body?: object): Promise<unknown>
  calls(route: string): Promise<readonly MockCall[]>
  /** Throws with what a good client would not have done. */
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
    tell: (name, body) => ask('POST', name, body),
    calls: (route) => ask('GET', `calls?route=${route}`),
    async assertNoViolations() {
      const violations = await ask('GET', 'violations')
      if (violations.length > 0) throw new Error(JSON.stringify(violations, null, 2))
    },
    close: () => void child.kill()
  }
}

async function addressOf(child: ChildProcess): Promise<string> {
  if (child.stdout === null) throw new Error('the mock says nothing')
  for await (const line of createInterface(child.stdout)) {
    const url = /listens on (http:\S+)/.exec(line)?.[1]
    if (url === undefined) continue
    child.stdout.resume()
    return url
  }
  throw new Error('the mock ended before it listened')
}
