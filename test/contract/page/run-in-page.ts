// Lets a test run the cases of the contract in this page, one by one.

import { begin, cases } from '../cases.ts'
import type { Bed } from '../setup/contract-setup.ts'
import { sendByFetch, sendByXhr } from '../setup/page-clients.ts'

declare global {
  interface Window {
    runCase(name: string, client: string): Promise<void>
  }
}

export function offerCases(bed: Omit<Bed, 'send'>): void {
  window.runCase = async (name, client) => {
    const one = cases.find((other) => other.name === name)
    if (one === undefined) throw new Error(`there is no case ${name}`)
    const built = { ...bed, send: client === 'fetch' ? sendByFetch : sendByXhr }
    await begin(built)
    await one.run(built)
  }
}
