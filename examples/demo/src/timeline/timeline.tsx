// Timeline: five lanes on a tape that moves from right to left, under a fixed line for the present.
import { useEffect, useLayoutEffect, useRef, useState } from 'react'
import { useHistory } from '../history/history.ts'
import { AppLane, ServerLane } from './call-lanes.tsx'
import { onFrame } from './frames.ts'
import { colourClass } from './key-colour.ts'
import { KeyLane } from './key-lane.tsx'
import { Legend } from './legend.tsx'
import { RefreshLane } from './refresh-lane.tsx'
import { at, type Style, tapeSeconds, useScale } from './scale.ts'
import { TokenLane } from './token-lane.tsx'

const lanes = [
  { name: 'keys', title: 'Signing keys', hint: '' },
  {
    name: 'tokens',
    title: 'Access token',
    hint: 'in memory only; the colour shows its signing key'
  },
  { name: 'refreshes', title: 'Refreshes', hint: 'one for all callers' },
  { name: 'server', title: 'Server answers', hint: 'upper row: refusals' },
  { name: 'app', title: 'App results', hint: 'one dot per call' }
] as const

export function Timeline() {
  const viewport = useRef<HTMLDivElement>(null)
  const tape = useRef<HTMLDivElement>(null)
  const { pxPerSecond, nowPx } = useScale(viewport)

  useLayoutEffect(
    () =>
      onFrame((nowMs) => {
        const shiftPx = nowPx - tapeSeconds(nowMs) * pxPerSecond
        if (tape.current !== null) tape.current.style.transform = `translate3d(${shiftPx}px, 0, 0)`
      }),
    [pxPerSecond, nowPx]
  )

  const style: Style = { '--px-per-second': `${pxPerSecond}px`, '--now': `${nowPx}px` }
  return (
    <section className="card timeline" aria-labelledby="timeline-title">
      <header className="timeline-head">
        <h2 id="timeline-title">Live</h2>
        <Caption />
      </header>
      <div className="timeline-body" style={style}>
        <div className="gutter" aria-hidden="true">
          {lanes.map(({ name, title, hint }) => (
            <div key={name} className={`lane lane-${name}`}>
              <span className="lane-title">{title}</span>
              {name === 'keys' ? <SigningKey /> : <span className="lane-hint">{hint}</span>}
            </div>
          ))}
        </div>
        <div
          ref={viewport}
          className="viewport"
          role="img"
          aria-label="Signing keys, access tokens, refreshes and calls over time. The log has the same events as text."
        >
          <div className="future" />
          <div className="now" />
          <div ref={tape} className="tape">
            <Ticks />
            <KeyLane pxPerSecond={pxPerSecond} />
            <TokenLane />
            <RefreshLane />
            <ServerLane pxPerSecond={pxPerSecond} />
            <AppLane pxPerSecond={pxPerSecond} />
          </div>
          <span className="now-label">now</span>
          <NoToken />
        </div>
      </div>
      <Legend />
    </section>
  )
}

function NoToken() {
  const isHolding = useHistory(({ tokens }) => tokens.at(-1)?.endedAtMs === undefined)
  const hasHeld = useHistory(({ tokens }) => tokens.length > 0)
  return isHolding && hasHeld ? null : <p className="no-token">no access token held</p>
}

/** Keeps the name of the signing key visible when its start has left the picture. */
function SigningKey() {
  const signing = useHistory(({ keys }) => keys.at(-1))
  if (signing === undefined) return <span className="lane-hint">on the server</span>
  return (
    <span className={`lane-hint lane-key ${colourClass(signing.number)}`}>
      <b>{signing.kid}</b> signs
    </span>
  )
}

/** The latest entry of the log. Screen readers use the log itself. */
function Caption() {
  const latest = useHistory((history) => history.log[0])
  return (
    <p key={latest?.id} className="caption" data-tone={latest?.tone ?? 'plain'} aria-hidden="true">
      {latest?.text ?? ''}
    </p>
  )
}

const tickMs = 15_000
const ticksBefore = 6
const ticksAfter = 3

function Ticks() {
  const [latest, setLatest] = useState(() => Math.floor(Date.now() / tickMs))
  useEffect(() => onFrame((nowMs) => setLatest(Math.floor(nowMs / tickMs))), [])
  const ticks = Array.from(
    { length: ticksBefore + ticksAfter + 1 },
    (_, index) => (latest - ticksBefore + index) * tickMs
  )
  return ticks.map((tick) => (
    <div key={tick} className="tick" style={at(tick)}>
      <span className="tick-label">{new Date(tick).toLocaleTimeString('en-GB')}</span>
    </div>
  ))
}
