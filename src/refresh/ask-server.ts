// Question to the server: sends the refresh, and a second one if the first has lost a race.
import type { SessionCredential } from '../auth-api/answers/token-answer.ts'
import { type Session, sessionChanged } from '../session/session.ts'
import type { Tabs } from '../tabs/tabs.ts'
import type { ApplyAnswer } from './apply-answer.ts'
import { lostRace } from './outcome.ts'
import type { RefreshRequest, SentRefresh } from './refresh-request.ts'

export interface AskServer {
  /**
   * The tokens to refresh with; `undefined` if nothing can be sent.
   *
   * @throws AuthError if the store of the app fails, or if the user has signed in or out since
   * `epoch`
   */
  readTokens(epoch: number): Promise<SessionCredential | undefined>
  /** @throws AuthError if the user has signed in or out since `epoch`, or after a lost race */
  send(credential: SessionCredential, epoch: number): Promise<SentRefresh>
}

export function createAskServer({
  session,
  tabs,
  request,
  fail
}: {
  readonly session: Session
  readonly tabs: Pick<Tabs, 'catchUp'>
  readonly request: RefreshRequest
  readonly fail: ApplyAnswer['fail']
}): AskServer {
  async function readTokens(epoch: number): Promise<SessionCredential | undefined> {
    const reading = request.readTokens()
    const credential = await reading.catch((error) => {
      throw session.epoch() === epoch ? fail(error) : error
    })
    if (session.epoch() !== epoch) throw sessionChanged()
    return credential
  }

  async function send(credential: SessionCredential, epoch: number): Promise<SentRefresh> {
    const isOurs = () => session.epoch() === epoch
    let sent = await request.send(credential)
    // If another tab won a race against this refresh, its message may arrive now.
    if (sent.answer.kind === 'rejected') await tabs.catchUp()
    // If a newer token arrived during the request, the rejection may come from a lost race. Ask a
    // second time.
    const mayBeLostRace = () =>
      isOurs() && sent.answer.kind === 'rejected' && session.generation() !== sent.generation
    if (mayBeLostRace()) sent = await request.send((await readTokens(epoch)) ?? credential)
    if (!isOurs()) throw sessionChanged()
    if (mayBeLostRace()) throw fail(lostRace(sent.answer))
    return sent
  }

  return { readTokens, send }
}
