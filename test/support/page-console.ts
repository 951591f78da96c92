// Console of a happy-dom page: fails a test if its page prints an undeclared error or warning.
//
// happy-dom prints failed requests, as a browser does, to Node's own console, which Vitest does not
// capture. A status of 4xx is expected in every test. A test declares other lines with
// `expectInPageConsole`, and a file declares them for all its tests with
// `expectInPageConsoleOfFile`.
import nodeConsole from 'node:console'
import { inspect } from 'node:util'
import { afterAll, afterEach, expect } from 'vitest'

const refusedRequest = /^[A-Z]+ \S+ 4\d\d \(.*\)$/

interface Declared {
  readonly pattern: RegExp
  matches: number
}

let printed: string[] = []
let ofTest: Declared[] = []
const ofFile: Declared[] = []

const declare = (pattern: RegExp): Declared => ({ pattern, matches: 0 })

/** Declares lines that the page prints in this test. Each pattern must match a line. */
export function expectInPageConsole(...patterns: readonly RegExp[]): void {
  ofTest.push(...patterns.map(declare))
}

/** Declares lines that the page prints in tests of this file. Each pattern must match a line. */
export function expectInPageConsoleOfFile(...patterns: readonly RegExp[]): void {
  ofFile.push(...patterns.map(declare))
}

function checkTest(): void {
  const lines = printed.filter((line) => !refusedRequest.test(line))
  const declared = [...ofTest, ...ofFile]
  const own = ofTest
  printed = []
  ofTest = []
  const undeclared = lines.filter((line) => {
    const matching = declared.filter(({ pattern }) => pattern.test(line))
    for (const one of matching) one.matches += 1
    return matching.length === 0
  })
  expect(undeclared).toEqual([])
  expect(own.filter(({ matches }) => matches === 0)).toEqual([])
}

if (typeof window !== 'undefined') {
  for (const name of ['error', 'warn'] as const) {
    nodeConsole[name] = (...values: unknown[]) => {
      const texts = values.map((value) => (typeof value === 'string' ? value : inspect(value)))
      printed.push(texts.join(' '))
    }
  }
  afterEach(checkTest)
  afterAll(() => {
    checkTest()
    expect(ofFile.filter(({ matches }) => matches === 0)).toEqual([])
  })
}
