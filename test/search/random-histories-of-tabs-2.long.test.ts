// Random histories of several tabs, long run, second half: its own file runs on another core.
import { itHoldsItsInvariantsOver } from './search-at-length.ts'
import { playInTabs } from './tabs/play-in-tabs.ts'
import { tabsHistory } from './tabs/random-steps.ts'

const numRuns = Number(process.env.TABS_HISTORIES ?? 100_000)

itHoldsItsInvariantsOver(
  Math.floor(numRuns / 2),
  'histories of several tabs',
  tabsHistory(2, 4),
  playInTabs,
  1
)
