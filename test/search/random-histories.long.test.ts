// Random histories, long run: a hundred thousand histories.

import { playInOneTab } from './play-in-one-tab.ts'
import { itHoldsItsInvariantsOver } from './search-at-length.ts'
import { history } from './steps.ts'

itHoldsItsInvariantsOver(
  Number(process.env.HISTORIES ?? 100_000),
  'histories',
  history,
  playInOneTab
)
