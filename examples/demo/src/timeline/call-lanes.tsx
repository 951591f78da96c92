// The two lanes of calls: what the server answered, refusals included, and what reached the app.
import { memo, type NamedExoticComponent, useMemo } from 'react'
import type { ServerCall } from '../../demo-facts.ts'
import { useHistory } from '../history.ts'
import { clusterCalls } from './clusters.ts'
import { useKeyColour } from './key-colour.ts'
import { at } from './scale.ts'

export const ServerLane: NamedExoticComponent = memo(function ServerLane() {
  const calls = useHistory((history) => history.serverCalls)
  const colourOf = useKeyColour()
  const clusters = useMemo(() => clusterCalls(calls, kindOf), [calls])
  return (
    <div className="lane lane-server">
      {clusters.map(({ atMs, kind, items }) => {
        const [first] = items
        const isRefusal = first?.status === 401
        const isReissue = first?.reissuedKid !== undefined
        const colour = isRefusal ? '' : colourOf(isReissue ? first?.reissuedKid : first?.kid)
        return (
          <span
            key={`${first?.index} ${kind}`}
            className={`call ${colour}`}
            data-kind={isRefusal ? 'refusal' : isReissue ? 'reissue' : 'answer'}
            style={at(atMs)}
          >
            {isRefusal || isReissue ? (isRefusal ? '401' : 'new token') + times(items.length) : ''}
            {isRefusal || isReissue ? '' : crowd(items.length)}
          </span>
        )
      })}
    </div>
  )
})

export const AppLane: NamedExoticComponent = memo(function AppLane() {
  const calls = useHistory((history) => history.appCalls)
  const clusters = useMemo(() => clusterCalls(calls, ({ outcome }) => outcome), [calls])
  return (
    <div className="lane lane-app">
      {clusters.map(({ atMs, kind, items }) => (
        <span key={`${items[0]?.id} ${kind}`} className="call" data-kind={kind} style={at(atMs)}>
          {crowd(items.length)}
        </span>
      ))}
    </div>
  )
})

function times(count: number): string {
  return count > 1 ? ` ×${count}` : ''
}

/** A few calls that meet by chance (two tabs, say) look like one; a burst says how many they are. */
function crowd(count: number): string {
  return count > 3 ? String(count) : ''
}

function kindOf({ status, kid = '', reissuedKid = '' }: ServerCall): string {
  return `${status} ${kid} ${reissuedKid}`
}
