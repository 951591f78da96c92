// Server view: follows the server's answers and keys, and calls its control endpoints.
import {
  callMessage,
  type KeyLife,
  keysMessage,
  type ServerAction,
  type ServerCall,
  type ServerSnapshot
} from '../../demo-facts.ts'
import { append, change, mark, say } from './history.ts'

/** Follows the server, starting with its recent past: older answers survive a reload. */
export async function followServer(): Promise<void> {
  import.meta.hot?.on(callMessage, (call: ServerCall) => {
    change(({ serverCalls }) => ({ serverCalls: append(serverCalls, call) }))
  })
  import.meta.hot?.on(keysMessage, (keys: readonly KeyLife[]) => change(() => ({ keys })))
  const answer = await fetch(`${import.meta.env.VITE_API_URL}/demo/state`)
  const snapshot = (await answer.json()) as ServerSnapshot
  change(({ serverCalls }) => ({
    accessTokenSeconds: snapshot.accessTokenSeconds,
    keys: snapshot.keys,
    serverCalls: [
      ...snapshot.calls.filter(({ index }) => serverCalls.every((call) => call.index !== index)),
      ...serverCalls
    ]
  }))
}

export async function rotateKey(): Promise<void> {
  mark('key rotated')
  const { previousKid, kid } = await act<{ previousKid: string; kid: string }>('rotate-key')
  say('key', `Key rotated: ${kid} signs now, and ${previousKid} still verifies.`)
}

export async function retireKey(): Promise<void> {
  mark('key retired')
  const { kids } = await act<{ kids: readonly string[] }>('retire-key')
  if (kids.length === 0) say('key', 'There was no old key to retire.')
  else say('key', `Key retired: tokens signed by ${kids.join(' or ')} are refused from now on.`)
}

export async function revokeAccessTokens(): Promise<void> {
  mark('tokens revoked')
  say('key', 'The server revoked all access tokens. It will refuse the next request.')
  await act('revoke-access-tokens')
}

export async function endSession(): Promise<void> {
  say('key', 'The server ended the session. It will reject the next refresh.')
  await act('end-session')
}

export function isVerifying(key: KeyLife): boolean {
  return key.verifiesFromMs !== undefined && key.retiredAtMs === undefined
}

async function act<Answer>(action: ServerAction): Promise<Answer> {
  const answer = await fetch(`${import.meta.env.VITE_API_URL}/demo/${action}`, { method: 'POST' })
  if (!answer.ok) throw new Error(`The demo server refused ${action} with status ${answer.status}.`)
  return (await answer.json()) as Answer
}
