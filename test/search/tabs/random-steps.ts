// Random histories of a browser profile with one to four tabs.
import fc from 'fast-check'
import { type CannedAnswer, cannedNames } from '../browser/answers.ts'
import type { NetworkFault } from '../browser/network.ts'
import type { Action, Conditions, FaultPath, Step, TabsHistory } from './steps.ts'

/** Mostly the first value. */
function mostly<Value>(usual: Value, ...others: readonly Value[]): fc.Arbitrary<Value> {
  return fc.oneof(
    { weight: 6, arbitrary: fc.constant(usual) },
    { weight: 1, arbitrary: fc.constantFrom(...others) }
  )
}

const shortMs = fc.constantFrom(0, 0, 1, 5, 20, 100, 400)
const duration = fc.oneof(
  fc.integer({ min: 1, max: 3_000 }),
  fc.constantFrom(5_000, 10_001, 15_000, 30_001, 60_000, 299_000),
  fc.integer({ min: 1, max: 100_000 })
)
const canned = fc.constantFrom<CannedAnswer[]>(...cannedNames)

const networkFault: fc.Arbitrary<NetworkFault> = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant('answer' as const), answer: canned }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constantFrom('unreachable' as const, 'lost' as const) })
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('slow body' as const),
      ms: fc.constantFrom(900, 4_000, 12_000, 1e9)
    })
  }
)
const reissueFault: fc.Arbitrary<NetworkFault> = fc.oneof(
  fc.record({ kind: fc.constant('broken reissue' as const), nth: fc.nat(4) }),
  fc.record({ kind: fc.constant('cached reissue' as const) })
)

const user = fc.constantFrom('ada' as const, 'ada' as const, 'grace' as const)
const simple = (...names: Extract<Action, { do: string }>['do'][]): fc.Arbitrary<Action> =>
  fc.constantFrom(...names.map((name) => ({ do: name }) as Action))

type Weighted = { readonly weight: number; readonly arbitrary: fc.Arbitrary<Action> }

/** Each history has some of these groups, so that some histories are calm. */
const groups = {
  accounts: [
    { weight: 4, arbitrary: fc.record({ do: fc.constant('login' as const), user }) },
    { weight: 4, arbitrary: simple('logout') },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('login by function' as const), user }) }
  ],
  redirects: [
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('redirect sign-in' as const),
        user,
        callsRestore: fc.boolean()
      })
    },
    { weight: 1, arbitrary: simple('restore') }
  ],
  network: [
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant('network fault' as const),
        path: fc.constantFrom<FaultPath[]>('/refresh', '/refresh', '/login', '/logout', '/notes'),
        fault: networkFault
      })
    },
    { weight: 2, arbitrary: simple('offline', 'online') },
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('outage' as const),
        answer: canned,
        times: fc.integer({ min: 2, max: 8 })
      })
    }
  ],
  keys: [
    { weight: 4, arbitrary: simple('rotateKey', 'rotateKey', 'rotateKey', 'retireKey') },
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('network fault' as const),
        path: fc.constant('/notes' as const),
        fault: reissueFault
      })
    }
  ],
  refusals: [
    { weight: 4, arbitrary: simple('revokeAccessTokens', 'revokeAccessTokens', 'endSessions') },
    {
      weight: 4,
      arbitrary: fc.record({
        do: fc.constant('request' as const),
        path: fc.constant('/refused' as const),
        isCancellable: fc.boolean()
      })
    }
  ],
  clock: [
    { weight: 2, arbitrary: fc.record({ do: fc.constant('sleep' as const), ms: duration }) },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('set clock' as const),
        ms: fc.constantFrom(-3_600_000, -60_000, 60_000, 3_600_000)
      })
    }
  ],
  freezing: [
    { weight: 3, arbitrary: simple('show', 'hide', 'freeze', 'thaw', 'thaw') },
    { weight: 2, arbitrary: simple('enter cache') },
    {
      weight: 2,
      arbitrary: fc.record({ do: fc.constant('leave cache' as const), polls: fc.boolean() })
    }
  ],
  loads: [{ weight: 4, arbitrary: simple('crash', 'close', 'open', 'open', 'reload') }],
  storage: [
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('clear storage' as const),
        by: fc.constantFrom('page' as const, 'site data' as const)
      })
    },
    {
      weight: 1,
      arbitrary: fc.record({
        do: fc.constant('storage fault' as const),
        fault: fc.constantFrom('blocked' as const, 'full' as const, 'null' as const, undefined)
      })
    }
  ],
  locks: [
    {
      weight: 2,
      arbitrary: fc.record({
        do: fc.constant('silent locks' as const),
        areSilent: fc.boolean()
      })
    }
  ],
  oldRelease: [
    {
      weight: 3,
      arbitrary: fc.record({
        do: fc.constant('old release' as const),
        what: fc.constantFrom(
          'sign-in' as const,
          'refresh' as const,
          'sign-out' as const,
          'message' as const
        )
      })
    }
  ]
} as const satisfies Record<string, readonly Weighted[]>

const always: readonly Weighted[] = [
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constant('request' as const),
      path: fc.constant('/notes' as const),
      isCancellable: fc.boolean()
    })
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const), nth: fc.nat(5) }) },
  { weight: 4, arbitrary: simple('refresh', 'getAccessToken', 'refresh', 'ready') },
  { weight: 2, arbitrary: simple('wake all', 'refresh all') },
  { weight: 8, arbitrary: fc.record({ do: fc.constant('pass' as const), ms: duration }) }
]

type Group = keyof typeof groups
const groupNames = Object.keys(groups) as Group[]
/** Up to half of the groups. */
const themes: fc.Arbitrary<readonly Group[]> = fc.subarray(groupNames, {
  minLength: 1,
  maxLength: 6
})

function conditions(tabs: fc.Arbitrary<number>): fc.Arbitrary<Conditions> {
  return fc.record({
    seed: fc.nat(2 ** 30),
    tabs,
    startsSignedIn: mostly(true, false),
    accessTokenSeconds: fc.constantFrom(5, 30, 60, 300),
    graceSeconds: mostly(0, 10),
    deviceOffsetMs: mostly(0, -315_360_000_000, 315_360_000_000),
    network: fc.constantFrom('fast' as const, 'fast' as const, 'mixed' as const, 'slow' as const),
    channel: mostly<Conditions['channel']>('normal', 'lossy', 'laggy', 'missing'),
    hasLocks: mostly(true, false),
    hasSilentLocks: fc.integer({ min: 0, max: 11 }).map((value) => value === 11),
    hasSecondClient: mostly(false, true),
    mode: mostly<Conditions['mode']>('share', 'signal'),
    hasSameJitter: mostly(false, true),
    restore: fc.constantFrom(
      'always' as const,
      'always' as const,
      'hint' as const,
      'never' as const
    )
  })
}

function step(tabs: number, chosen: readonly Group[], hasSecond: boolean): fc.Arbitrary<Step> {
  const weighted: readonly Weighted[] = [...always, ...chosen.flatMap((name) => [...groups[name]])]
  return fc.record({
    action: fc.oneof(...weighted),
    tab: fc.nat(tabs - 1),
    isSecond: hasSecond
      ? fc.integer({ min: 0, max: 3 }).map((value) => value === 3)
      : fc.constant(false),
    thenMs: fc.oneof(
      { weight: 4, arbitrary: shortMs },
      { weight: 1, arbitrary: fc.constant(undefined) }
    )
  })
}

/** Each step happens in one of `leastTabs` to `mostTabs` tabs. */
export function tabsHistory(leastTabs: number, mostTabs: number): fc.Arbitrary<TabsHistory> {
  return fc
    .tuple(conditions(fc.integer({ min: leastTabs, max: mostTabs })), themes)
    .chain(([chosen, names]) =>
      fc.record({
        conditions: fc.constant(chosen),
        steps: fc.array(step(chosen.tabs, names, chosen.hasSecondClient), {
          minLength: 4,
          maxLength: 45,
          size: 'max'
        })
      })
    )
}
