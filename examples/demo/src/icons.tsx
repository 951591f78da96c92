// Icons of the page, in the colour of the surrounding text.
import type { ReactNode } from 'react'

function Icon({ children }: { readonly children: ReactNode }) {
  return (
    <svg className="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">
      {children}
    </svg>
  )
}

export const RefreshIcon = () => (
  <Icon>
    <path d="M13 6.2A5.3 5.3 0 0 0 3.4 5.1M3 2.4v3h3" />
    <path d="M3 9.8a5.3 5.3 0 0 0 9.6 1.1M13 13.6v-3h-3" />
  </Icon>
)

/** A token in a response header. */
export const ReissueIcon = () => (
  <Icon>
    <path d="M8 2v7.5M4.8 6.5 8 9.7l3.2-3.2" />
    <path d="M2.5 10.5v3h11v-3" />
  </Icon>
)

export const KeyIcon = () => (
  <Icon>
    <circle cx="5.3" cy="10.7" r="2.8" />
    <path d="m7.3 8.7 6-6M11 5l2 2" />
  </Icon>
)

export const RestoreIcon = () => (
  <Icon>
    <path d="M8 2.2v5" />
    <path d="M4.6 4.3a5.3 5.3 0 1 0 6.8 0" />
  </Icon>
)

export const BurstIcon = () => (
  <Icon>
    <path d="M2.5 4h7M2.5 8h11M2.5 12h7M11 2l2.5 2L11 6M11 10l2.5 2-2.5 2" />
  </Icon>
)

export const RetireIcon = () => (
  <Icon>
    <rect x="2" y="3" width="12" height="3.5" rx="1" />
    <path d="M3.3 6.5V13h9.4V6.5M6.5 9.5h3" />
  </Icon>
)

export const RevokeIcon = () => (
  <Icon>
    <circle cx="8" cy="8" r="5.5" />
    <path d="m4.2 4.2 7.6 7.6" />
  </Icon>
)

export const EndIcon = () => (
  <Icon>
    <path d="M6.5 2.5h-3v11h3M10 5l3 3-3 3M13 8H6.5" />
  </Icon>
)

export const PlayIcon = () => (
  <Icon>
    <path d="M5 3v10l8-5Z" />
  </Icon>
)

export const StopIcon = () => (
  <Icon>
    <rect x="4" y="4" width="8" height="8" rx="1" />
  </Icon>
)
