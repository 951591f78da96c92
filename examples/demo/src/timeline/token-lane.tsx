// Lane of the access tokens: one bar per token, from receipt to expiry, cut at its replacement.
import { memo, type ReactNode, useEffect, useRef } from 'react'
import { type TokenLife, type TokenWay, useHistory } from '../history/history.ts'
import { KeyIcon, RefreshIcon, ReissueIcon, RestoreIcon } from '../icons.tsx'
import { onFrame } from './frames.ts'
import { useKeyColour } from './key-colour.ts'
import { at, type Style } from './scale.ts'

const rows = 3
/** Slightly more than the past of the widest timeline. */
const shownMs = 120_000

const icons: Readonly<Record<TokenWay, ReactNode>> = {
  'sign-in': <KeyIcon />,
  restore: <RestoreIcon />,
  refresh: <RefreshIcon />,
  're-issue': <ReissueIcon />
}

const ends: Readonly<Record<TokenWay | 'sign-out', string>> = {
  'sign-in': 'new sign-in',
  restore: 'restored',
  refresh: 'refreshed',
  're-issue': 're-issued',
  'sign-out': 'deleted'
}

export const TokenLane = memo(function TokenLane() {
  const tokens = useHistory((history) => history.tokens)
  const colourOf = useKeyColour()
  const sinceMs = Date.now() - shownMs
  return (
    <div className="lane lane-tokens">
      {tokens
        .filter(({ receivedAtMs }) => receivedAtMs > sinceMs)
        .map((token, index, shown) => (
          <TokenBar
            key={token.generation}
            token={token}
            nextInRowMs={shown[index + rows]?.receivedAtMs}
            colour={colourOf(token.kid)}
          />
        ))}
    </div>
  )
})

interface TokenBarProps {
  readonly token: TokenLife
  /** The label ends there. */
  readonly nextInRowMs: number | undefined
  readonly colour: string
}

const TokenBar = memo(function TokenBar({ token, nextInRowMs, colour }: TokenBarProps) {
  const { receivedAtMs, lifetimeSeconds, endedAtMs, endedBy } = token
  const isHeld = endedAtMs === undefined
  const livedSeconds = isHeld ? lifetimeSeconds : (endedAtMs - receivedAtMs) / 1000
  const row = (token.generation - 1) % rows
  const replacedRow = token.came === 'refresh' || token.came === 're-issue' ? previous(row) : row
  const style: Style = {
    ...at(receivedAtMs),
    '--for': lifetimeSeconds,
    '--lived': Math.min(livedSeconds, lifetimeSeconds),
    '--row': row,
    '--link-from': Math.min(row, replacedRow),
    '--link-rows': Math.abs(row - replacedRow),
    ...(nextInRowMs === undefined ? {} : { '--room': (nextInRowMs - receivedAtMs) / 1000 })
  }
  return (
    <div className={`token ${colour} ${isHeld ? 'is-held' : 'is-over'}`} style={style}>
      <div className="token-link" />
      <div className="token-whole" />
      <div className="token-life">{isHeld ? <Elapsed token={token} /> : null}</div>
      <span className="token-label">
        <span className="token-name">
          <span className="token-badge">{icons[token.came]}</span>
          <span className="token-kid">{token.kid}</span>
          {isHeld ? <Countdown token={token} /> : null}
        </span>
        {endedBy === undefined ? null : (
          <span className="token-end">
            {ends[endedBy]} after {inWords(livedSeconds)}
          </span>
        )}
      </span>
    </div>
  )
})

function previous(row: number): number {
  return (row + rows - 1) % rows
}

/** The elapsed part of the held token's lifetime, updated every frame without React. */
function Elapsed({ token: { receivedAtMs, lifetimeSeconds } }: Pick<TokenBarProps, 'token'>) {
  const element = useRef<HTMLDivElement>(null)
  useEffect(
    () =>
      onFrame((nowMs) => {
        const share = Math.min(1, (nowMs - receivedAtMs) / 1000 / lifetimeSeconds)
        if (element.current !== null) element.current.style.transform = `scaleX(${share})`
      }),
    [receivedAtMs, lifetimeSeconds]
  )
  return <div ref={element} className="token-elapsed" />
}

function Countdown({ token: { receivedAtMs, lifetimeSeconds } }: Pick<TokenBarProps, 'token'>) {
  const element = useRef<HTMLSpanElement>(null)
  useEffect(
    () =>
      onFrame((nowMs) => {
        const left = Math.max(0, Math.ceil(lifetimeSeconds - (nowMs - receivedAtMs) / 1000))
        const text = `${left} s`
        if (element.current !== null && element.current.textContent !== text) {
          element.current.textContent = text
        }
      }),
    [receivedAtMs, lifetimeSeconds]
  )
  return <span ref={element} className="token-countdown" />
}

function inWords(seconds: number): string {
  return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)} s`
}
