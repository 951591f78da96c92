// Trace of a play: one line for each step, call, request and event, to read a violation by.
import type { Facts, Sent, Watcher } from './facts.ts'

export function createTrace(facts: Facts, lines: string[]): Watcher {
  const add = (what: string) =>
    lines.push(`${String(Math.round(facts.nowMs() - 5_000)).padStart(7)} ${what}`)
  const nameOf = ({ client: { tab, isSecond } }: Pick<Sent, 'client'>) =>
    `tab ${tab}${isSecond ? '+' : ''}`
  const tokens = new Map<string, number>()
  const short = (token: string | undefined) => {
    if (token === undefined) return ''
    if (!tokens.has(token)) tokens.set(token, tokens.size + 1)
    return ` token ${tokens.get(token)}`
  }
  return {
    onViolation: (what) => void add(`!! ${what}`),
    onOpen: (client) =>
      void add(
        `${nameOf({ client })} opens page ${client.page.id}: ${client.auth.getState().status}`
      ),
    onStep: ({ do: what, ...rest }, tab) =>
      void add(
        `── tab ${tab}: ${what} ${Object.keys(rest).length > 0 ? JSON.stringify(rest) : ''}`
      ),
    onCall({ client, what, promise, n = '' }) {
      const name = `${nameOf({ client })} ${what} ${n}`
      promise.then(
        () => add(`   ${name} resolves`),
        (error) => add(`   ${name} rejects: ${error?.code ?? error}`)
      )
    },
    onSend: (sent) =>
      void add(
        `   ${nameOf(sent)} sends ${sent.pathname} ${sent.n ?? ''}${short(sent.token)} ${sent.key?.slice(0, 6) ?? ''}`
      ),
    onSettled(sent) {
      const { outcome } = sent
      const result = typeof outcome === 'object' ? outcome.response.status : outcome
      add(`   ${nameOf(sent)} gets ${result} for ${sent.pathname} ${sent.n ?? ''}`)
    },
    onEvent(client, name, event) {
      const { reason, via, kind, refusal, code } = event
      add(
        `   ${nameOf({ client })} event ${name} ${reason ?? via ?? refusal ?? ''} ${kind ?? ''} ${code ?? ''}`
      )
    }
  }
}
