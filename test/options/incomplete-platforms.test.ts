// Incomplete and mixed platforms: a page with the globals of Node, and a URL class without getters.
import { createAuthClient } from 'everbearer'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { createPlatform } from '../../src/lib/platform.ts'

afterEach(() => void vi.unstubAllGlobals())

/** A function of the engine, such as the browser's own Web Locks. */
const native = Map.prototype.get as () => Promise<never>
const byScript = async () => {
  throw new Error('not called')
}

interface Globals {
  readonly process?: object | undefined
  readonly document?: object | undefined
  readonly request?: (() => Promise<never>) | undefined
}

function locksOf({ process: given, document, request }: Globals): boolean {
  vi.stubGlobal('process', given)
  vi.stubGlobal('document', document)
  vi.stubGlobal('window', { localStorage: undefined })
  vi.stubGlobal('navigator', request === undefined ? {} : { locks: { request } })
  vi.stubGlobal('BroadcastChannel', class {})
  const { locks, openChannel } = createPlatform()
  vi.unstubAllGlobals()
  expect(openChannel !== undefined).toBe(given === undefined || locks !== undefined)
  return locks !== undefined
}

const versions = { node: '24.0.0' }
const page = { visibilityState: 'visible', baseURI: 'https://app.example/' }

describe('Web Locks and channel', () => {
  it.each<[string, Globals, boolean]>([
    ['a browser', { document: page, request: native }, true],
    [
      'a browser with a bundler’s process',
      { process: { env: {} }, document: page, request: native },
      true
    ],
    ['Node', { process: { versions }, request: native }, false],
    [
      'a DOM in Node, whose locks are a script',
      { process: { versions }, document: page, request: byScript },
      false
    ],
    ['a DOM in Node without locks', { process: { versions }, document: page }, false],
    [
      'Electron’s renderer',
      {
        process: { versions: { ...versions, electron: '40.0.0' }, type: 'renderer' },
        document: page,
        request: native
      },
      true
    ],
    ['Electron’s main process', { process: { versions, type: 'browser' }, request: native }, false],
    ['a page of NW.js', { process: { versions }, document: page, request: native }, true]
  ])('in %s: used is %s', (_, globals, isUsed) => {
    expect(locksOf(globals)).toBe(isUsed)
  })

  it('are not used in Node if Object.prototype says that it is a renderer', () => {
    Object.defineProperty(Object.prototype, 'type', { value: 'renderer', configurable: true })
    try {
      expect(locksOf({ process: { versions }, request: byScript })).toBe(false)
    } finally {
      Reflect.deleteProperty(Object.prototype, 'type')
    }
  })
})

describe('createAuthClient() with an incomplete URL class', () => {
  const { URL: Complete } = globalThis
  class NotImplemented extends Complete {
    override get origin(): string {
      throw new Error('not implemented')
    }
  }
  class Empty extends Complete {
    override get hostname(): string {
      return ''
    }
  }

  it.each([
    ['whose getters throw', NotImplemented],
    ['whose getters are empty', Empty],
    ['that is missing', undefined]
  ])('throws a typed error that names a polyfill, for a class %s', (_, incomplete) => {
    vi.stubGlobal('URL', incomplete)
    expect(() => createAuthClient({ baseURL: 'https://api.example.com' })).toThrow(
      expect.objectContaining({
        name: 'AuthError',
        code: 'ERR_AUTH_INVALID_OPTIONS',
        message: expect.stringContaining('polyfill')
      })
    )
  })
})
