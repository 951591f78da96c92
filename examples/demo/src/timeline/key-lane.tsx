// Lane of the signing keys: the signing key, the verifying ones, and flags for actions.
import { memo } from 'react'
import type { KeyLife } from '../../demo-facts.ts'
import { type Mark, useHistory } from '../history/history.ts'
import { colourClass } from './key-colour.ts'
import { at, type Style } from './scale.ts'

/** The length of an open end: beyond the visible part, but within the limits of layout engines. */
const openEndSeconds = 100_000
/** Flags that are closer than this alternate between two rows. */
const crowdedMs = 11_000

export const KeyLane = memo(function KeyLane() {
  const keys = useHistory((history) => history.keys)
  const marks = useHistory((history) => history.marks)
  return (
    <div className="lane lane-keys">
      {keys.map((key) => (
        <KeyBars key={key.kid} life={key} />
      ))}
      {flagRows(marks).map(({ mark, row }) => (
        <div key={`${mark.atMs} ${mark.label}`} className="flag" style={at(mark.atMs)}>
          <span className="flag-label" data-row={row}>
            {mark.label}
          </span>
        </div>
      ))}
    </div>
  )
})

function KeyBars({ life }: { readonly life: KeyLife }) {
  const { signsFromMs, verifiesFromMs, retiredAtMs } = life
  return (
    <div className={colourClass(life.number)}>
      <div className="key-signing" style={span(signsFromMs, verifiesFromMs)}>
        <span className="key-name">{life.kid}</span>
      </div>
      {verifiesFromMs === undefined ? null : (
        <div className="key-verifying" style={span(verifiesFromMs, retiredAtMs)} />
      )}
    </div>
  )
}

function span(fromMs: number, toMs: number | undefined): Style {
  const seconds = toMs === undefined ? openEndSeconds : (toMs - fromMs) / 1000
  return { ...at(fromMs), '--for': seconds }
}

function flagRows(marks: readonly Mark[]): readonly { mark: Mark; row: number }[] {
  const flags: { mark: Mark; row: number }[] = []
  for (const mark of marks) {
    const previous = flags.at(-1)
    const isCrowded = previous !== undefined && mark.atMs - previous.mark.atMs < crowdedMs
    flags.push({ mark, row: isCrowded ? 1 - previous.row : 0 })
  }
  return flags
}
