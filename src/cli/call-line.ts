// Call line: formats a call of the mock as one line of terminal output.
import type { MockCall } from '../mock/index.ts'

const codes = { bold: 1, dim: 2, red: 31, green: 32, yellow: 33 } as const

export type Paint = (colour: keyof typeof codes, text: string) => string

/** Paints text for a terminal, unless `NO_COLOR` is set (no-color.org). */
export function createPaint(isTerminal: boolean, noColor: string | undefined): Paint {
  const isPlain = !isTerminal || (noColor !== undefined && noColor !== '')
  return (colour, text) => (isPlain ? text : `\u001b[${codes[colour]}m${text}\u001b[0m`)
}

/** Time, method, path, status, outcome and key: `12:00:00 POST /refresh 200 rotated key-1-9fQ`. */
export function formatCall(call: MockCall, paint: Paint): string {
  const { status = 0, startedAtMs, method, path, outcome } = call
  const time = new Date(startedAtMs).toTimeString().slice(0, 8)
  const colour = status < 400 ? 'green' : status < 500 ? 'yellow' : 'red'
  return [
    paint('dim', time),
    `${method} ${path}`.padEnd(24),
    paint(colour, String(status)),
    outcome,
    paint('dim', formatKeys(call))
  ]
    .join(' ')
    .trimEnd()
}

/** The key that signed the token; for a re-issued one, the old key and the new one. */
function formatKeys({ kid, issuedKid, reissued }: MockCall): string {
  if (reissued) return `${kid} -> ${issuedKid}`
  return issuedKid ?? kid ?? ''
}
