// Random histories of one tab, long run: a hundred thousand histories.
import fc from 'fast-check'
import { playInOneTab } from './one-tab/play-in-one-tab.ts'
import { history } from './one-tab/steps.ts'
import { itHoldsItsInvariantsOver } from './search-at-length.ts'
import { playInTabs } from './tabs/play-in-tabs.ts'
import { tabsHistory } from './tabs/random-steps.ts'

const numRuns = Number(process.env.HISTORIES ?? 100_000)

itHoldsItsInvariantsOver(
  Math.ceil(numRuns / 2),
  'histories with answers that overtake each other',
  fc.tuple(history, fc.scheduler()),
  ([one, scheduler]) => playInOneTab(one, scheduler)
)

itHoldsItsInvariantsOver(
  Math.floor(numRuns / 2),
  'histories of a browser with one tab',
  tabsHistory(1, 1),
  playInTabs
)
