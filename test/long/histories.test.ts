// The search at length: a hundred thousand histories.
import { history } from '../model/steps.ts'
import { play } from '../model/world.ts'
import { itHoldsItsInvariantsOver } from './search.ts'

itHoldsItsInvariantsOver(Number(process.env.HISTORIES ?? 100_000), 'histories', history, play)
