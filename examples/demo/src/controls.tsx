// The levers: what a visitor can do to the server and the app while watching, each with what to expect.
import { memo, type NamedExoticComponent, type ReactNode, useEffect, useState } from 'react'
import { say, useHistory } from './history.ts'
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
import { endSession, isVerifying, retireKey, revokeAccessTokens, rotateKey } from './server-view.ts'
import { isTourRunning, onTourChange, startTour, stopTour } from './tour.ts'
import { sendBurst } from './traffic.ts'

interface Lever {
  readonly id: string
  readonly icon: ReactNode
  readonly title: string
  readonly hint: string
  readonly act: () => Promise<void>
}

const controls: readonly Lever[] = [
  {
    id: 'burst',
    icon: <BurstIcon />,
    title: 'Send 20 requests at once',
    hint: 'Any number of callers share one token, and one refresh.',
    act: sendBurst
  },
  {
    id: 'rotate',
    icon: <KeyIcon />,
    title: 'Rotate the signing key',
    hint: 'The next response brings a token of the new key in its header.',
    act: rotateKey
  },
  {
    id: 'retire',
    icon: <RetireIcon />,
    title: 'Retire the old key',
    hint: 'Its tokens are refused now. Ours was replaced long before.',
    act: retireKey
  },
  {
    id: 'revoke',
    icon: <RevokeIcon />,
    title: 'Revoke the access tokens',
    hint: 'A 401, one refresh, a replay. The app sees none of it.',
    act: revokeAccessTokens
  },
  {
    id: 'end-session',
    icon: <EndIcon />,
    title: 'End the session',
    hint: 'Only this verdict signs the user out, and says why.',
    act: endSession
  },
  {
    id: 'reload',
    icon: <RefreshIcon />,
    title: 'Reload the page',
    hint: 'Memory is lost; one silent refresh restores the session.',
    act: async () => location.reload()
  }
]

export const Controls: NamedExoticComponent = memo(function Controls() {
  const hasOldKey = useHistory(({ keys }) => keys.some(isVerifying))
  return (
    <section className="card controls" aria-labelledby="controls-title">
      <header className="card-head">
        <h2 id="controls-title">Try to break it</h2>
        <TourButton />
      </header>
      <div className="levers">
        {controls.map(({ id, icon, title, hint, act }) => (
          <button
            key={id}
            type="button"
            className="lever"
            data-testid={id}
            disabled={id === 'retire' && !hasOldKey}
            onClick={() => act().catch(tellFailure)}
          >
            {icon}
            <span className="lever-title">{title}</span>
            <span className="lever-hint">
              {id === 'retire' && !hasOldKey ? 'There is none yet: rotate the key first.' : hint}
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

function tellFailure(error: unknown): void {
  say('alert', error instanceof Error ? error.message : 'That did not work.')
}
