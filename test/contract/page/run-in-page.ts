// Case runner in a page: exposes `runCase`, with which a test runs one case at a time.

import { begin, cases } from '../cases.ts'
import type { Setup } from '../setup/contract-setup.ts'
import { sendByFetch, sendByXhr } from '../setup/page-clients.ts'

declare global {
  interface Window {
    runCase(name: string, client: string): Promise<void>
  }
}

export function offerCases(servers: Omit<Setup, 'send'>): void {
  window.runCase = async (name, client) => {
    const one = cases.find((other) => other.name === name)
    if (one === undefined) throw new Error(`there is no case ${name}`)
    const setup = { ...servers, send: client === 'fetch' ? sendByFetch : sendByXhr }
    await begin(setup)
    await one.run(setup)
  }
}
