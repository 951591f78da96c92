// How to read the picture, in one line below it.
import type { ReactNode } from 'react'
import { KeyIcon, RefreshIcon, ReissueIcon, RestoreIcon } from './icons.tsx'

export function Legend(): ReactNode {
  return (
    <footer className="legend">
      <p>
        <span className="legend-bar" /> access token; dashed is the life it no longer needed
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
        <ReissueIcon /> from a response’s header, as the server changed its key
      </p>
    </footer>
  )
}
