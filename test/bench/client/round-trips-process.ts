// Process of the round trips: the time until one request has its answer, in delays of the network.
//
// Arguments: the name of the contender, and the situation. Prints `null` if it does not apply.
import { createAuthClient } from 'everbearer'
import { printResult } from '../child-process.ts'
import { baseURL, type Contender, everbearer, type Opened } from './contenders.ts'
import { createFakeApi, type FakeApi } from './fakes/api.ts'
import { createManualTime, type ManualTime } from './fakes/manual-time.ts'
import { createFakeBrowser } from './fakes/page.ts'
import { peers } from './peers.ts'
import { expiredToken, freshToken } from './tokens.ts'

const roundTripMs = 50
/** How long an app takes to start after the client exists, or to send after it is visible. */
const headStartMs = 60

interface Scene {
  readonly time: ManualTime
  readonly api: FakeApi
  readonly browser: ReturnType<typeof createFakeBrowser>
  readonly contender: Contender
}

type Situation = (scene: Scene) => Promise<Opened | undefined>

const isOurs = ({ contender }: Scene) => contender === everbearer

async function wake(scene: Scene, headMs: number): Promise<Opened | undefined> {
  const { api, time, browser, contender } = scene
  const page = browser.openPage()
  api.accept('another token')
  const { adapter, refresh } = api
  const opened = await contender.open({
    adapter,
    token: expiredToken(),
    isExpired: true,
    refresh,
    platform: page.platform
  })
  page.wake('visible')
  await time.pass(headMs)
  return opened
}

/** A client that restores its session from the server, or from another tab. */
function load({ api, browser }: Scene): Opened {
  const { platform } = browser.openPage()
  const { axios, dispose } = createAuthClient({
    baseURL,
    platform: {
      ...platform,
      fetch: async () => Response.json({ access_token: await api.refresh(), token_type: 'Bearer' })
    }
  })
  axios.defaults.adapter = api.adapter
  return { instance: axios, dispose }
}

const situations: Readonly<Record<string, Situation>> = {
  async valid({ api, time, contender, browser }) {
    const token = freshToken()
    api.accept(token)
    const { platform } = browser.openPage()
    return contender.open({ ...api, token, platform: { ...platform, ...time.platform } })
  },
  async revoked({ api, contender, browser }) {
    api.accept('another token')
    return contender.open({ ...api, token: freshToken(), platform: browser.openPage().platform })
  },
  wake: (scene) => wake(scene, 0),
  async 'wake, head start'(scene) {
    return isOurs(scene) ? wake(scene, headStartMs) : undefined
  },
  async 'page load'(scene) {
    const { api, contender } = scene
    api.accept('another token')
    // The peers keep no token in storage here, so the page begins without one.
    return isOurs(scene) ? load(scene) : contender.open({ ...api, token: '' })
  },
  async 'page load, head start'(scene) {
    if (!isOurs(scene)) return undefined
    scene.api.accept('another token')
    const opened = load(scene)
    await scene.time.pass(headStartMs)
    return opened
  },
  async 'new tab'(scene) {
    if (!isOurs(scene)) return undefined
    scene.api.accept('another token')
    load(scene)
    await scene.time.pass(1_000)
    return load(scene)
  }
}

const [, , name, situation = ''] = process.argv
const contender = [...peers, everbearer].find((one) => one.name === name)
const prepare = situations[situation]
if (contender === undefined || prepare === undefined) throw new Error(`no ${name} in ${situation}`)

const time = createManualTime()
const delay = (arrive: () => void) => time.after(roundTripMs, arrive)
const api = createFakeApi({ answer: delay, refresh: delay })
const opened = await prepare({ time, api, contender, browser: createFakeBrowser(time) })
let status = 0
const before = { ...api.counts }
const trips =
  opened === undefined
    ? null
    : (await time.durationOf(
        opened.instance.get('/me').then((answer) => {
          status = answer.status
        })
      )) / roundTripMs
opened?.dispose?.()
const { sent, refreshes } = api.counts
const calls = { sent: sent - before.sent, refreshes: refreshes - before.refreshes }
printResult({ trips, hasSucceeded: status === 200, ...calls })
