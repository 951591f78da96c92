// Control panel: the actions of a visitor, each with its expected effect.
import { memo, type ReactNode, useEffect, useState } from 'react'
import { say, useHistory } from './history/history.ts'
import {
  endSession,
  isVerifying,
  retireKey,
  revokeAccessTokens,
  rotateKey
} from './history/server-view.ts'
import {
  BurstIcon,
  EndIcon,
  KeyIcon,
  PlayIcon,
  RefreshIcon,
  RetireIcon,
  RevokeIcon,
  StopIcon
} from './icons.tsx'
import { isTourRunning, onTourChange, startTour, stopTour } from './tour.ts'
import { sendBurst } from './traffic.ts'

interface Control {
  readonly id: string
  readonly icon: ReactNode
  readonly title: string
  readonly hint: string
  readonly act: () => Promise<void>
}

const controls: readonly Control[] = [
  {
    id: 'burst',
    icon: <BurstIcon />,
    title: 'Send 20 requests at once',
    hint: 'All callers share one token and one refresh.',
    act: sendBurst
  },
  {
    id: 'rotate',
    icon: <KeyIcon />,
    title: 'Rotate the signing key',
    hint: 'The next response re-issues the token in its header.',
    act: rotateKey
  },
  {
    id: 'retire',
    icon: <RetireIcon />,
    title: 'Retire the old key',
    hint: 'Tokens of the old key are refused. This page already has a new one.',
    act: retireKey
  },
  {
    id: 'revoke',
    icon: <RevokeIcon />,
    title: 'Revoke the access tokens',
    hint: 'A 401, one refresh, a replay: the app does not notice.',
    act: revokeAccessTokens
  },
  {
    id: 'end-session',
    icon: <EndIcon />,
    title: 'End the session',
    hint: 'The server rejects the next refresh. Then the user is signed out.',
    act: endSession
  },
  {
    id: 'reload',
    icon: <RefreshIcon />,
    title: 'Reload the page',
    hint: 'The token in memory is lost. One silent refresh restores the session.',
    act: async () => location.reload()
  }
]

export const Controls = memo(function Controls() {
  const hasOldKey = useHistory(({ keys }) => keys.some(isVerifying))
  return (
    <section className="card controls" aria-labelledby="controls-title">
      <header className="card-head">
        <h2 id="controls-title">Try to break it</h2>
        <TourButton />
      </header>
      <div className="control-grid">
        {controls.map(({ id, icon, title, hint, act }) => (
          <button
            key={id}
            type="button"
            className="control"
            data-testid={id}
            disabled={id === 'retire' && !hasOldKey}
            onClick={() => act().catch(showFailure)}
          >
            {icon}
            <span className="control-title">{title}</span>
            <span className="control-hint">
              {id === 'retire' && !hasOldKey
                ? 'There is no old key yet: rotate the key first.'
                : hint}
            </span>
          </button>
        ))}
      </div>
    </section>
  )
})

function TourButton() {
  const [isRunning, setIsRunning] = useState(isTourRunning)
  useEffect(() => onTourChange(() => setIsRunning(isTourRunning())), [])
  return (
    <button
      type="button"
      className="button is-main"
      data-testid="tour"
      onClick={isRunning ? stopTour : startTour}
    >
      {isRunning ? <StopIcon /> : <PlayIcon />}
      {isRunning ? 'Stop the tour' : 'Play the one-minute tour'}
    </button>
  )
}

function showFailure(error: unknown): void {
  say('alert', error instanceof Error ? error.message : 'The action failed.')
}
