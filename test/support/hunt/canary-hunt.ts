// Token hunt, active in every test: fails a test if a token of the mock leaks. It searches errors,
// events, output, logged calls, storage, globals and printed clients.
import { format, inspect } from 'node:util'
import type { PlatformStorage } from 'everbearer'
import { afterAll, afterEach, vi } from 'vitest'
import type { EventEmitter } from '../../../src/lib/listeners.ts'
import { canaryHunter, terminal } from './canary.ts'

const { learn, readText, readValue, addPlace, check } = canaryHunter
const globalNames = new Set(Reflect.ownKeys(globalThis))

const errors: Error[] = []
const clients: WeakRef<object>[] = []
let hasClient = false
const watchedStorages = new WeakSet<object>()

/** Printing a client is slow, and all clients print alike. */
const mostPrinted = 10
let printed = 0

// The secret part of an access token is its signature, and a refresh token is 256 random bits. The
// platform generates both.
const subtle: SubtleCrypto = Object.getPrototypeOf(crypto.subtle)
const { sign } = subtle
subtle.sign = async function (...args) {
  const signature = await sign.apply(this, args)
  learn(Buffer.from(signature).toString('base64url'))
  return signature
}
const generator: Crypto = Object.getPrototypeOf(crypto)
const { getRandomValues } = generator
generator.getRandomValues = function (array) {
  const filled = getRandomValues.call(this, array)
  if (filled instanceof Uint8Array && filled.length === 32) {
    learn(Buffer.from(filled).toString('base64url'))
  }
  return filled as typeof array
}

for (const name of ['log', 'info', 'warn', 'error', 'debug', 'trace', 'dir', 'table'] as const) {
  const print = console[name] as (...args: unknown[]) => void
  console[name] = (...args: unknown[]) => {
    readText(`console.${name}`, format(...args))
    if (!terminal.isMuted) print(...args)
  }
}
for (const name of ['stdout', 'stderr'] as const) {
  const write = process[name].write.bind(process[name])
  process[name].write = (chunk: string | Uint8Array, ...rest: unknown[]): boolean => {
    if (typeof chunk === 'string') readText(name, chunk)
    return terminal.isMuted || write(chunk, ...(rest as []))
  }
}

vi.mock(import('../../../src/lib/errors.ts'), async (importOriginal) => {
  const original = await importOriginal()
  class CollectedError extends Error {
    constructor(...args: ConstructorParameters<typeof Error>) {
      super(...args)
      errors.push(this)
    }
  }
  // `super()` looks up the parent class at each call, so the parent of an existing class can be
  // replaced.
  Object.setPrototypeOf(original.AuthError, CollectedError)
  return original
})

vi.mock(import('../../../src/lib/listeners.ts'), async (importOriginal) => {
  const original = await importOriginal()
  function createEmitter<Events>(names: readonly (keyof Events)[]): EventEmitter<Events> {
    const emitter = original.createEmitter<Events>(names)
    return {
      ...emitter,
      emit(name, event) {
        readValue(`event ${String(name)}`, event)
        emitter.emit(name, event)
      }
    }
  }
  return { ...original, createEmitter }
})

/** Reads each value when it is written, because it may be removed before the test ends. */
function watchStorage(storage: PlatformStorage | undefined): void {
  if (typeof storage?.setItem !== 'function' || watchedStorages.has(storage)) return
  watchedStorages.add(storage)
  const setItem = storage.setItem.bind(storage)
  storage.setItem = (key, value) => {
    readText('storage', `${key} ${value}`)
    setItem(key, value)
  }
}

vi.mock(import('../../../src/create-auth-client.ts'), async (importOriginal) => {
  const original = await importOriginal()
  const { Axios } = await import('axios')
  const { request } = Axios.prototype
  // Only errors that reach the app count, because only those can be printed. axios drops others.
  Axios.prototype.request = async function (
    this: InstanceType<typeof Axios>,
    ...call: Parameters<typeof request>
  ) {
    try {
      return await request.apply(this, call)
    } catch (error) {
      if (error instanceof Error) errors.push(error)
      throw error
    }
  } as typeof request
  const createAuthClient: typeof original.createAuthClient = (...args) => {
    const client = original.createAuthClient(...args)
    hasClient = true
    clients.push(new WeakRef(client))
    watchStorage(args[0]?.platform?.storage)
    return client
  }
  return { ...original, createAuthClient }
})

vi.mock(import('../../../src/mock/server.ts'), async (importOriginal) => {
  const original = await importOriginal()
  const createMockAuthServer: typeof original.createMockAuthServer = (options) => {
    const server = original.createMockAuthServer(options)
    const { handle, guard, fetch } = server
    // The call log redacts tokens, so a URL is read on arrival. Without a client, the test itself
    // sent the URL.
    const readUrl = (url: string) => {
      if (hasClient) readText('URL', url)
    }
    Object.assign(server, {
      handle(...call: Parameters<typeof handle>) {
        readUrl(call[0].url)
        return handle(...call)
      },
      guard(...call: Parameters<typeof guard>) {
        readUrl(call[0].url)
        return guard(...call)
      },
      fetch(...call: Parameters<typeof fetch>) {
        const [input] = call
        readUrl(typeof input === 'object' && 'url' in input ? input.url : String(input))
        return fetch(...call)
      }
    })
    server.onCall((call) => readValue('call log', call))
    return server
  }
  return { ...original, createMockAuthServer }
})

addPlace(() => {
  for (const error of errors.splice(0)) {
    readValue(error.name, error)
    const toJSON: unknown = Reflect.get(error, 'toJSON')
    if (typeof toJSON === 'function') readValue(`${error.name} as JSON`, toJSON.call(error))
  }
})

addPlace(() => {
  for (const reference of clients.splice(0).reverse()) {
    const client = reference.deref()
    if (client === undefined) continue
    for (const name of ['getState', 'getRefreshStatus']) {
      readValue(`client.${name}()`, Reflect.get(client, name)())
    }
    readValue('client', client)
    if (printed >= mostPrinted) continue
    printed += 1
    readText('client, printed', inspect(client, { depth: 6 }))
    readText('client, as JSON', JSON.stringify(client) ?? '')
  }
})

addPlace(() => {
  for (const name of Reflect.ownKeys(globalThis)) {
    if (globalNames.has(name)) continue
    readValue(
      `globalThis.${String(name)}`,
      Object.getOwnPropertyDescriptor(globalThis, name)?.value
    )
  }
})

/** msw 2 keeps its cookie jar in localStorage. The jar stands for that of a browser. */
const mswCookieJar = process.env.MSW_MAJOR === '2' ? '__msw-cookie-store__' : undefined

if (typeof document !== 'undefined') {
  addPlace(() => {
    for (const storage of ['localStorage', 'sessionStorage'] as const) {
      const items = Object.entries({ ...window[storage] }).filter(([key]) => key !== mswCookieJar)
      readText(storage, JSON.stringify(items))
    }
    readText('document.cookie', document.cookie)
    readText('location', location.href)
    readText('document', document.documentElement.outerHTML)
  })
}

afterEach(check)
// Leaks during the clean-up of the last test count too.
afterAll(check)
