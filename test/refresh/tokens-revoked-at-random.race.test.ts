// I2, I10: many clicks in a demo. Tokens are revoked several times a second, also before their
// first use, and no request of the app fails.
import { expect, it } from 'vitest'
import { createSeededRandom, range } from '../support/seeded-random.ts'
import { setUpBrowsers, signIn } from '../support/setups/many-browsers.ts'

it.each([
  [2, 20, 1],
  [4, 20, 2],
  [4, 40, 3],
  [5, 40, 4]
])(
  'fails no request if tokens are revoked %d times a second and messages take up to %d ms',
  async (perSecond, latencyMs, seed) => {
    const random = createSeededRandom(seed)
    const setup = setUpBrowsers({
      server: { accessTokenSeconds: 8 },
      latencyMs: () => random() * latencyMs
    })
    const { auth } = setup.openPage(setup.openBrowser())
    await signIn(setup, auth)
    const outcomes: Promise<unknown>[] = []
    const send = () =>
      outcomes.push(
        auth.axios.get('/me').then(
          ({ status }) => status,
          ({ response, code }) => response?.status ?? code
        )
      )
    const stepMs = 5
    for (const nth of range(60_000 / stepMs)) {
      const chance = (perSecond * stepMs) / 1000
      if (random() < chance) setup.server.revokeAccessTokens()
      if (random() < chance / 4) setup.server.rotateKey()
      if (random() < chance / 4) for (const _ of range(20)) send()
      if (nth % 200 === 0) send()
      await setup.pass(stepMs, stepMs)
    }
    await setup.pass(70_000, 100)
    const statuses = await Promise.all(outcomes)
    expect(statuses.filter((status) => status !== 200)).toEqual([])
  }
)
