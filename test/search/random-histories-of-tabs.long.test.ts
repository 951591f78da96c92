// Random histories of several tabs, long run, first half. Also a hundred thousand forged tab
// messages.
import { it } from 'vitest'
import { sendForgedMessages } from '../support/setups/forged-tab-messages.ts'
import { itHoldsItsInvariantsOver, seed } from './search-at-length.ts'
import { playInTabs } from './tabs/play-in-tabs.ts'
import { tabsHistory } from './tabs/random-steps.ts'

const numRuns = Number(process.env.TABS_HISTORIES ?? 100_000)

itHoldsItsInvariantsOver(
  Math.ceil(numRuns / 2),
  'histories of several tabs',
  tabsHistory(2, 4),
  playInTabs
)

it(
  `ignores invalid tokens and never throws over 100,000 forged tab messages (seed ${seed})`,
  {
    timeout: 3_600_000
  },
  () => sendForgedMessages(100_000, seed)
)
