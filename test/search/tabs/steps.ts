// Steps in a browser profile, as data: what users, apps, pages, networks and servers can do.
import type { CannedAnswer } from '../browser/answers.ts'
import type { ChannelKind } from '../browser/channels.ts'
import type { NetworkFault, NetworkKind } from '../browser/network.ts'
import type { StorageFault } from '../browser/storage-faults.ts'

export type UserName = 'ada' | 'grace'

export type Action =
  | {
      readonly do: 'request'
      readonly path: '/notes' | '/refused'
      readonly isCancellable: boolean
    }
  | { readonly do: 'cancel'; readonly nth: number }
  | { readonly do: 'login' | 'login by function'; readonly user: UserName }
  /** The app comes back from a page of the server: it calls `restore()`, or the client does. */
  | { readonly do: 'redirect sign-in'; readonly user: UserName; readonly callsRestore: boolean }
  | { readonly do: 'logout' | 'refresh' | 'getAccessToken' | 'restore' | 'ready' }
  /** On the server, and in the network. */
  | { readonly do: 'rotateKey' | 'retireKey' | 'revokeAccessTokens' | 'endSessions' }
  | { readonly do: 'network fault'; readonly path: FaultPath; readonly fault: NetworkFault }
  | { readonly do: 'outage'; readonly answer: CannedAnswer; readonly times: number }
  | { readonly do: 'offline' | 'online' }
  /** On the device and in the page. */
  | { readonly do: 'pass' | 'sleep' | 'set clock'; readonly ms: number }
  | { readonly do: 'wake all' | 'refresh all' }
  | { readonly do: 'show' | 'hide' | 'freeze' | 'thaw' | 'enter cache' }
  | { readonly do: 'leave cache'; readonly polls: boolean }
  | { readonly do: 'crash' | 'close' | 'open' | 'reload' }
  /** In the storage and the locks of the browser. */
  | { readonly do: 'clear storage'; readonly by: 'page' | 'site data' }
  | { readonly do: 'storage fault'; readonly fault: StorageFault | undefined }
  | { readonly do: 'silent locks'; readonly areSilent: boolean }
  /** By an old release of the client in another tab. */
  | { readonly do: 'old release'; readonly what: 'sign-in' | 'refresh' | 'sign-out' | 'message' }

export type FaultPath = '/refresh' | '/login' | '/logout' | '/notes'

export interface Step {
  readonly action: Action
  readonly tab: number
  /** The second client of the page, which has another name and another account. */
  readonly isSecond: boolean
  /** How much time passes after the step. `undefined`: the next step happens in the same task. */
  readonly thenMs: number | undefined
}

/** The setting of a history. */
export interface Conditions {
  /** The seed of latencies and jitter. */
  readonly seed: number
  readonly tabs: number
  readonly startsSignedIn: boolean
  readonly accessTokenSeconds: number
  readonly graceSeconds: number
  readonly deviceOffsetMs: number
  readonly network: NetworkKind
  readonly channel: ChannelKind
  readonly hasLocks: boolean
  /** A lock request gets no answer from the start, as in a page that is prerendered. */
  readonly hasSilentLocks: boolean
  /** Each page has a second client, with another name and another account. */
  readonly hasSecondClient: boolean
  readonly mode: 'share' | 'signal'
  /** All pages draw the same jitter, so that their timers fire in the same moment. */
  readonly hasSameJitter: boolean
  readonly restore: 'always' | 'hint' | 'never'
}

export interface TabsHistory {
  readonly conditions: Conditions
  readonly steps: readonly Step[]
}
