// Lane of the signing keys: the signing key, the verifying ones, and flags for actions.
import { memo } from 'react'
import type { KeyLife } from '../../demo-facts.ts'
import { type Mark, useHistory } from '../history/history.ts'
import { colourClass } from './key-colour.ts'
import { widthMs } from './room.ts'
import { at, type Style } from './scale.ts'

/** The length of an open end: beyond the visible part, but within the limits of layout engines. */
const openEndSeconds = 100_000

export const KeyLane = memo(function KeyLane({ pxPerSecond }: { readonly pxPerSecond: number }) {
  const keys = useHistory((history) => history.keys)
  const marks = useHistory((history) => history.marks)
  return (
    <div className="lane lane-keys">
      {keys.map((key) => (
        <KeyBars key={key.kid} life={key} />
      ))}
      {flagRows(marks, pxPerSecond).map(({ mark, row }) => (
        <div key={`${mark.atMs} ${mark.label}`} className="flag" style={at(mark.atMs)}>
          {row === undefined ? null : (
            <span className="flag-label" data-row={row}>
              {mark.label}
            </span>
          )}
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

interface Flag {
  readonly mark: Mark
  /** `undefined`: both rows are taken, so the flag has no label. */
  readonly row: number | undefined
}

function flagRows(marks: readonly Mark[], pxPerSecond: number): readonly Flag[] {
  const takenUntilMs = [0, 0]
  return marks.map((mark) => {
    const row = takenUntilMs.findIndex((untilMs) => untilMs <= mark.atMs)
    if (row === -1) return { mark, row: undefined }
    takenUntilMs[row] = mark.atMs + widthMs(mark.label, pxPerSecond)
    return { mark, row }
  })
}
