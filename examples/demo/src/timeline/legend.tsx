// Legend: one line below the timeline.
import { KeyIcon, RefreshIcon, ReissueIcon, RestoreIcon } from '../icons.tsx'

export function Legend() {
  return (
    <footer className="legend">
      <p>
        <span className="legend-bar" /> access token; dashed: replaced before expiry
      </p>
      <p>
        <KeyIcon /> from a sign-in
      </p>
      <p>
        <RestoreIcon /> from a page load
      </p>
      <p>
        <RefreshIcon /> from a refresh
      </p>
      <p>
        <ReissueIcon /> re-issued in a response header after a key rotation
      </p>
    </footer>
  )
}
