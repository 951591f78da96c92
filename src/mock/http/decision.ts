// What was decided about a call: the answer, why, and what the journal may know.
import type { CallFacts } from '../calls/call.ts'
import type { CallOutcome } from '../calls/outcomes.ts'
import type { WireResponse } from './message.ts'

export interface Decision {
  readonly response: WireResponse
  readonly outcome: CallOutcome
  readonly facts: CallFacts
}

export function decision(
  outcome: CallOutcome,
  response: WireResponse,
  facts: CallFacts = {}
): Decision {
  return { response, outcome, facts }
}
