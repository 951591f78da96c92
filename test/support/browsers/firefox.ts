// Firefox: drives the browser of the machine over WebDriver BiDi (W3C).
import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { canaryHunter } from '../hunt/canary.ts'
import { huntIn, type Places, readPlaces } from '../hunt/page-hunt.ts'

const candidates = ['/usr/bin/firefox-esr', '/usr/bin/firefox', '/snap/bin/firefox']

export const howToGetFirefox =
  'Install Firefox (Debian: `apt-get install -y firefox-esr`) or set FIREFOX_PATH to the browser to use.'

export function findFirefox(): string | undefined {
  return [process.env.FIREFOX_PATH, ...candidates].find(
    (path): path is string => path !== undefined && existsSync(path)
  )
}

export interface FirefoxTab {
  goto(url: string): Promise<void>
  /** Goes back in the tab's history. */
  goBack(): Promise<void>
  /** Evaluates an expression in the page, awaits it, and returns the result through JSON. */
  evaluate(expression: string): Promise<unknown>
}

export interface Firefox {
  readonly version: string
  openTab(): Promise<FirefoxTab>
  close(): Promise<void>
}

export async function launchFirefox(): Promise<Firefox> {
  const path = findFirefox()
  if (path === undefined) throw new Error(`No Firefox found. ${howToGetFirefox}`)
  const profile = await mkdtemp(join(tmpdir(), 'everbearer-firefox-'))
  const child = spawn(
    path,
    ['--headless', '--no-remote', '--profile', profile, '--remote-debugging-port=0'],
    { stdio: ['ignore', 'ignore', 'pipe'] }
  )
  const socket = new WebSocket(`${await readAddress(child)}/session`)
  await new Promise((resolve, reject) => {
    socket.onopen = resolve
    socket.onerror = () => reject(new Error('Firefox does not accept a connection.'))
  })
  const pending = new Map<number, (answer: Answer) => void>()
  const stops: (() => void)[] = []
  socket.onmessage = ({ data }) => {
    const answer: Answer = JSON.parse(String(data))
    if (answer.id !== undefined) pending.get(answer.id)?.(answer)
    // The event reports console output and uncaught errors.
    else if (answer.method === 'log.entryAdded') canaryHunter.readText('console', String(data))
  }
  let commands = 0

  async function send(method: string, params: object): Promise<Record<string, unknown>> {
    commands += 1
    const id = commands
    const answered = new Promise<Answer>((resolve) => pending.set(id, resolve))
    socket.send(JSON.stringify({ id, method, params }))
    const answer = await answered
    pending.delete(id)
    if (answer.type === 'error') throw new Error(`${method}: ${answer.message}`)
    return answer.result ?? {}
  }

  const session = await send('session.new', { capabilities: {} })
  await send('session.subscribe', { events: ['log.entryAdded'] })
  const { browserVersion } = session.capabilities as { readonly browserVersion: string }

  return {
    version: browserVersion,
    async openTab() {
      const { context } = await send('browsingContext.create', { type: 'tab' })
      const tab: FirefoxTab = {
        async goto(url) {
          await send('browsingContext.navigate', { context, url, wait: 'complete' })
        },
        async goBack() {
          await send('browsingContext.traverseHistory', { context, delta: -1 })
        },
        async evaluate(expression) {
          const answer = await send('script.evaluate', {
            expression: `Promise.resolve(${expression}).then((it) => JSON.stringify(it) ?? 'null')`,
            target: { context },
            awaitPromise: true
          })
          const { type, result, exceptionDetails } = answer as unknown as Evaluated
          if (type === 'exception') throw new Error(exceptionDetails?.text)
          return JSON.parse(result?.value ?? 'null')
        }
      }
      stops.push(huntIn({ read: async () => (await tab.evaluate(`(${readPlaces})()`)) as Places }))
      return tab
    },
    async close() {
      for (const stop of stops) stop()
      socket.close()
      const exited = new Promise((resolve) => child.once('exit', resolve))
      child.kill()
      await exited
      await rm(profile, { recursive: true, force: true, maxRetries: 5 })
    }
  }
}

interface Answer {
  readonly id?: number
  readonly type: 'success' | 'error' | 'event'
  /** Only in an event. */
  readonly method?: string
  readonly message?: string
  readonly result?: Record<string, unknown>
}

interface Evaluated {
  readonly type: 'success' | 'exception'
  readonly result?: { readonly value?: string }
  readonly exceptionDetails?: { readonly text: string }
}

function readAddress(child: ChildProcess): Promise<string> {
  return new Promise((resolve, reject) => {
    let printed = ''
    child.stderr?.on('data', (chunk: Buffer) => {
      printed += chunk.toString()
      const address = /WebDriver BiDi listening on (ws:\/\/\S+)/.exec(printed)?.[1]
      if (address !== undefined) resolve(address)
    })
    child.once('exit', () => reject(new Error(`Firefox did not start: ${printed}`)))
  })
}
