// Random histories, long run: a hundred thousand histories.

import { play } from './one-tab-world.ts'
import { itHoldsItsInvariantsOver } from './search-at-length.ts'
import { history } from './steps.ts'

itHoldsItsInvariantsOver(Number(process.env.HISTORIES ?? 100_000), 'histories', history, play)
