// Old release of the client, in another tab: the storage entries and messages that it used before
// the session record, and the same lock and cookie.
import { ada } from '../../support/setups/test-client.ts'
import { apiOrigin } from '../browser/network.ts'
import { readIssued } from './facts.ts'
import type { Profile } from './profile.ts'

const namespace = `everbearer:default:${apiOrigin}/refresh`

export interface OldRelease {
  act(what: 'sign-in' | 'refresh' | 'sign-out' | 'message'): Promise<void>
}

export function createOldRelease(profile: Profile): OldRelease {
  const { clock, backend, draw } = profile
  const storage = profile.storage.openProcess()
  const locks = profile.locks?.forPage({
    id: 0,
    run: (work) => work(),
    hasSilentLocks: () => false,
    onGone: () => {}
  })
  let generation = 0

  function post(message: object): void {
    profile.channels?.forge({ version: 2, ...message })
  }

  function advance(sessionId: string): object {
    generation += 1
    storage.setItem(`${namespace}:version`, `${generation} ${sessionId}`)
    return { generation, sessionId: sessionId === '-' ? null : sessionId }
  }

  async function send(path: string, body: object): Promise<string | undefined> {
    const request = {
      method: 'POST',
      url: `${apiOrigin}${path}`,
      headers: {
        'Content-Type': 'application/json',
        'Idempotency-Key': `old-${Math.floor(draw('key of the old release') * 2 ** 40)}`
      },
      body: JSON.stringify(body)
    }
    const answer = await backend.network.travel(request).catch(() => undefined)
    return answer && readIssued(answer.response)
  }

  function exclusively(task: () => Promise<void>): Promise<void> {
    if (locks === undefined) return task()
    return locks.request(namespace, { signal: new AbortController().signal }, task)
  }

  async function signIn(): Promise<void> {
    const call = profile.tick()
    profile.noteChange()
    const accessToken = await send('/login', { ...ada, call })
    if (accessToken !== undefined) share('signed-in', accessToken, 'oldsession')
  }

  function share(reason: string, accessToken: string, sessionId: string): void {
    const sessionVersion = advance(sessionId)
    const token = { accessToken, lifetimeSeconds: 60, ageMs: 0, sentAtMs: clock.platform.now() }
    post({ type: 'token', sessionVersion, reason, token })
  }

  async function refresh(): Promise<void> {
    const accessToken = await send('/refresh', {})
    if (accessToken !== undefined) share('refreshed', accessToken, 'oldsession')
  }

  async function signOut(): Promise<void> {
    storage.setItem(`${namespace}:signed-out`, 'old')
    post({ type: 'ended', sessionVersion: advance('-'), reason: 'signed-out' })
    profile.noteChange()
    await send('/logout', {})
    storage.removeItem(`${namespace}:signed-out`)
  }

  return {
    async act(what) {
      if (what === 'sign-in') await exclusively(signIn)
      else if (what === 'refresh') await exclusively(refresh)
      else if (what === 'sign-out') await exclusively(signOut)
      else {
        storage.setItem(`${namespace}:record:1`, '{"counter":1e9,"sessionId":"x","ended":7}')
        post({ type: 'record', record: { counter: 7 }, token: 'a.b.c' })
      }
    }
  }
}
