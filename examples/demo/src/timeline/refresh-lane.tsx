// Lane of the refreshes: one mark per request to the refresh endpoint, with its reason.
import { memo } from 'react'
import { type RefreshRun, useHistory } from '../history/history.ts'
import { reasonWords } from '../history/recorder.ts'
import { RefreshIcon } from '../icons.tsx'
import { at, type Style } from './scale.ts'

const outcomeWords: Readonly<Record<RefreshRun['outcome'], string>> = {
  pending: '',
  refreshed: '',
  'no-session': ': no session',
  failed: ': failed',
  refused: ': refused'
}

export const RefreshLane = memo(function RefreshLane() {
  const refreshes = useHistory((history) => history.refreshes)
  return (
    <div className="lane lane-refreshes">
      {refreshes.map(({ id, atMs, reason, outcome }, index) => (
        <div
          key={id}
          className="refresh"
          data-outcome={outcome}
          style={{ ...at(atMs), ...roomUntil(refreshes[index + 1], atMs) }}
        >
          <span className="refresh-badge">
            <RefreshIcon />
          </span>
          <span className="refresh-reason">
            {reasonWords[reason]}
            {outcomeWords[outcome]}
          </span>
        </div>
      ))}
    </div>
  )
})

/** The label ends at the next refresh. */
function roomUntil(next: RefreshRun | undefined, atMs: number): Style {
  return next === undefined ? {} : { '--room': (next.atMs - atMs) / 1000 }
}
