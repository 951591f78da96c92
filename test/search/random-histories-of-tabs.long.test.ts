// The search over tabs at length, and messages that nobody of ours wrote, by the hundred thousand.
import { it } from 'vitest'
import { flood } from '../support/worlds/forged-tab-messages.ts'
import { itHoldsItsInvariantsOver, seed } from './search-at-length.ts'
import { tabsHistory } from './steps.ts'
import { playInTabs } from './tabs-world.ts'

const numRuns = Number(process.env.TABS_HISTORIES ?? 20_000)

itHoldsItsInvariantsOver(numRuns, 'histories of several tabs', tabsHistory, playInTabs)

it(
  `adopts nothing invalid and throws nothing over 100,000 forged messages (seed ${seed})`,
  {
    timeout: 3_600_000
  },
  () => flood(100_000, seed)
)
