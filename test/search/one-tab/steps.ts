// Steps: what can happen, as data. A history is a list of steps, so it can be shrunk, printed and
// replayed.
import fc from 'fast-check'

export type Step =
  | { readonly do: 'request'; readonly cancellable: boolean }
  | { readonly do: 'cancel'; readonly nth: number }
  | { readonly do: 'login'; readonly user: 'ada' | 'grace' }
  | { readonly do: 'logout' }
  | { readonly do: 'refresh' }
  | { readonly do: 'getAccessToken' }
  | { readonly do: 'rotateKey' | 'retireKey' | 'revokeAccessTokens' | 'endSessions' }
  /** Rotates the key while requests and a refresh are in flight, some of them for seconds. */
  | { readonly do: 'rotateInFlight'; readonly requests: number; readonly ms: number }
  | {
      readonly do: 'networkFault'
      readonly path: '/refresh' | '/login' | '/logout' | '/notes'
      readonly kind: NetworkFault
    }
  | { readonly do: 'tick' | 'sleep' | 'step'; readonly ms: number }
  | { readonly do: 'show' | 'hide' | 'online' }
  /** Delivers this many of the messages in flight, in an order that the scheduler picks. */
  | { readonly do: 'deliver'; readonly count: number }

export type NetworkFault = 'unreachable' | 'lost' | '503' | 'html' | '429'

const duration = fc.oneof(
  fc.integer({ min: 1, max: 2_000 }),
  fc.constantFrom(5_000, 10_001, 15_000, 29_000, 30_001, 60_000, 299_000),
  fc.integer({ min: 1, max: 400_000 })
)

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('rotateInFlight' as const),
      requests: fc.integer({ min: 1, max: 4 }),
      ms: fc.integer({ min: 1_000, max: 4_000 })
    })
  },
  {
    weight: 10,
    arbitrary: fc.record({
      do: fc.constant('deliver' as const),
      count: fc.integer({ min: 1, max: 12 })
    })
  },
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('request' as const), cancellable: fc.boolean() })
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('login' as const),
      user: fc.constantFrom('ada' as const, 'grace' as const)
    })
  },
  { weight: 2, arbitrary: fc.constantFrom<Step>({ do: 'refresh' }, { do: 'getAccessToken' }) },
  {
    weight: 1,
    arbitrary: fc.constantFrom<Step>(
      { do: 'logout' },
      { do: 'show' },
      { do: 'hide' },
      { do: 'online' }
    )
  },
  {
    weight: 2,
    arbitrary: fc.constantFrom<Step>({ do: 'rotateKey' }, { do: 'revokeAccessTokens' })
  },
  { weight: 1, arbitrary: fc.constantFrom<Step>({ do: 'retireKey' }, { do: 'endSessions' }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('cancel' as const), nth: fc.nat(5) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      do: fc.constant('networkFault' as const),
      path: fc.constantFrom(
        '/refresh' as const,
        '/refresh' as const,
        '/login' as const,
        '/logout' as const,
        '/notes' as const
      ),
      kind: fc.constantFrom<NetworkFault[]>('unreachable', 'lost', '503', 'html', '429')
    })
  },
  { weight: 5, arbitrary: fc.record({ do: fc.constant('tick' as const), ms: duration }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('sleep' as const), ms: duration }) },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('step' as const),
      ms: fc.constantFrom(-3_600_000, -60_000, 60_000, 3_600_000)
    })
  }
)

export interface History {
  /** Starting signed in leaves more steps for the rest of the history. */
  readonly startsSignedIn: boolean
  readonly accessTokenSeconds: number
  readonly deviceOffsetMs: number
  /** Timers that never fire. The invariants must hold without them. */
  readonly timersAreDead: boolean
  readonly steps: readonly Step[]
}

export const history: fc.Arbitrary<History> = fc.record({
  startsSignedIn: fc.integer({ min: 0, max: 9 }).map((value) => value > 0),
  accessTokenSeconds: fc.constantFrom(5, 30, 60, 300),
  deviceOffsetMs: fc.constantFrom(0, 0, -315_360_000_000, 315_360_000_000),
  timersAreDead: fc.integer({ min: 0, max: 9 }).map((value) => value === 0),
  steps: fc.array(step, { minLength: 5, maxLength: 60, size: 'max' })
})
