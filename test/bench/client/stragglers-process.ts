// Process of the stragglers: 200 refusals of one dead token arrive over 200 ms, on a manual clock.
//
// Arguments: the name of the contender, and whether the refresh `succeeds` or `fails`.
import { printResult } from '../child-process.ts'
import { everbearer } from './contenders.ts'
import { createFakeApi } from './fakes/api.ts'
import { createManualTime } from './fakes/manual-time.ts'
import { peers, undeduplicated } from './peers.ts'
import { freshToken } from './tokens.ts'

const requests = 200
const [, , name, ending] = process.argv
const contender = [...peers, undeduplicated, everbearer].find((one) => one.name === name)
if (contender === undefined) throw new Error(`there is no contender ${name}`)

const { platform, after, pass } = createManualTime()
const api = createFakeApi({
  // The refusals arrive after 5 to 200 ms, and later answers after 10 ms.
  answer: (arrive, request) =>
    after(request > requests ? 10 : 5 + (195 * (request - 1)) / (requests - 1), arrive),
  refresh: (arrive) => after(20, arrive)
})
const { adapter, refresh } = api
const { instance, dispose } = await contender.open({
  adapter,
  token: freshToken(),
  refresh,
  platform
})
api.accept('another token')
if (ending === 'fails') api.breakRefresh()

const counts = { succeeded: 0, settled: 0 }
for (let request = 0; request < requests; request += 1) {
  void instance.get('/me').then(
    () => {
      counts.succeeded += 1
      counts.settled += 1
    },
    () => {
      counts.settled += 1
    }
  )
}
await pass(500)
const { refreshes } = api.counts
// The rest of the time shows whether each request settles.
for (let second = 0; second < 60 && counts.settled < requests; second += 1) await pass(1_000)
dispose?.()
printResult({ ...counts, requests, refreshes })
