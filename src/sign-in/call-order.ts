// Call order: the sign-ins and sign-outs of the app by the order of their calls. The last call that
// takes effect overrules all earlier ones.
import type { AuthError } from '../lib/errors.ts'
import type { Platform } from '../lib/platform.ts'
import { sessionChanged } from '../session/session.ts'
import type { SessionRecord } from '../tabs/session-record.ts'

/** How long a call waits for another auth request. Safari opens a popup within 1 s of a click. */
export const longestQueueMs = 1_000

export interface Call {
  readonly number: number
  /** Sign-outs of all tabs with a lower counter are older than the call. */
  readonly counter: number
}

export interface CallOrder {
  begin(): Call
  /** The call takes effect: it overrules all calls that began before it. */
  takeEffect(call: Call, as: 'sign-in' | 'sign-out'): void
  /** Whether no later call has taken effect. */
  mayTakeEffect(call: Call): boolean
  /** Whether a later sign-out has taken effect. */
  isSignedOutAfter(call: Call): boolean
  /** @throws AuthError if a later call has taken effect, or after `dispose` */
  check(call: Call): void
  dispose(error: AuthError): void
}

export function createCallOrder(
  record: Pick<SessionRecord, 'read'>,
  platform: Pick<Platform, 'now'>
): CallOrder {
  let calls = 0
  let effective: { readonly number: number; readonly as: 'sign-in' | 'sign-out' } | undefined
  let disposal: AuthError | undefined
  const isOverruled = ({ number }: Call) => effective !== undefined && number < effective.number

  const mayTakeEffect = ({ number }: Call) => effective === undefined || number > effective.number

  function begin(): Call {
    calls += 1
    return { number: calls, counter: Math.max(record.read().counter + 1, platform.now()) }
  }

  /** A sign-out in another tab overrules a sign-in that began before it. */
  function followSignOut(call: Call): void {
    const { ended } = record.read()
    const isLater = ended.some((one) => one.reason === 'signed-out' && one.counter >= call.counter)
    if (isLater && mayTakeEffect(call)) effective = { number: begin().number, as: 'sign-out' }
  }

  return {
    begin,
    takeEffect({ number }, as) {
      effective = { number, as }
    },
    mayTakeEffect,
    isSignedOutAfter(call) {
      followSignOut(call)
      return disposal === undefined && isOverruled(call) && effective?.as === 'sign-out'
    },
    check(call) {
      followSignOut(call)
      if (disposal !== undefined) throw disposal
      if (isOverruled(call)) throw sessionChanged()
    },
    dispose(error) {
      disposal = error
    }
  }
}
