// API calls of the app: plain axios requests through the client, without any code for tokens.
import { isAuthError } from 'everbearer'
import { auth } from './auth.ts'
import {
  type AppCall,
  append,
  change,
  count,
  currentHistory,
  newId,
  say
} from './history/history.ts'

const everyMs = 1000
const burstSize = 20

/** Calls the API once a second while a user is signed in. */
export function startTraffic(): void {
  let timer: ReturnType<typeof setInterval> | undefined
  const follow = () => {
    const isSignedIn = auth.getState().status === 'authenticated'
    if (isSignedIn && timer === undefined) timer = setInterval(() => void callApi(), everyMs)
    if (!isSignedIn) {
      clearInterval(timer)
      timer = undefined
    }
  }
  auth.subscribe(follow)
  follow()
}

export async function sendBurst(): Promise<void> {
  const refreshesBefore = currentHistory().counts.refreshes
  say('plain', `The app sends ${burstSize} requests at once.`)
  const outcomes = await Promise.all(Array.from({ length: burstSize }, callApi))
  const succeeded = outcomes.filter((outcome) => outcome === 'ok').length
  const refreshes = currentHistory().counts.refreshes - refreshesBefore
  if (succeeded < burstSize) say('alert', `${succeeded} of ${burstSize} requests succeeded.`)
  else if (refreshes === 0) say('good', `All ${burstSize} succeeded.`)
  else say('good', `All ${burstSize} succeeded, with one refresh for all of them.`)
}

async function callApi(): Promise<AppCall['outcome']> {
  const id = newId()
  count('requests')
  const call: AppCall = { id, atMs: Date.now(), outcome: 'pending' }
  change(({ appCalls }) => ({ appCalls: append(appCalls, call) }))
  const outcome = await ask()
  change(({ appCalls }) => ({
    appCalls: appCalls.map((one) => (one.id === id ? { ...one, outcome } : one))
  }))
  if (outcome === 'failed') count('failed')
  return outcome
}

let explainedAtMs = 0

/** Once for all failures of a burst. */
function explainFailure(error: unknown): void {
  if (Date.now() - explainedAtMs < 1000) return
  explainedAtMs = Date.now()
  say('alert', `A request failed: ${error instanceof Error ? error.message : String(error)}`)
}

async function ask(): Promise<AppCall['outcome']> {
  try {
    const { data } = await auth.axios.get<{ readonly email: string }>('/me')
    if (data.email !== currentHistory().email) change(() => ({ email: data.email }))
    return 'ok'
  } catch (error) {
    const hasLeft = auth.getState().status === 'unauthenticated'
    if (hasLeft || isAuthError(error, 'ERR_AUTH_SESSION_CHANGED')) return 'dropped'
    explainFailure(error)
    return 'failed'
  }
}
