// Lanes of the calls: the server's answers with refusals, and the results that the app receives.
import { memo, useMemo } from 'react'
import type { ServerCall } from '../../demo-facts.ts'
import { useHistory } from '../history/history.ts'
import { clusterCalls } from './clusters.ts'
import { useKeyColour } from './key-colour.ts'
import { at } from './scale.ts'

export const ServerLane = memo(function ServerLane() {
  const calls = useHistory((history) => history.serverCalls)
  const colourOf = useKeyColour()
  const clusters = useMemo(() => clusterCalls(calls, kindOf, hasLabel), [calls])
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

export const AppLane = memo(function AppLane() {
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

function hasLabel({ status, reissuedKid }: ServerCall): boolean {
  return status === 401 || reissuedKid !== undefined
}

function times(count: number): string {
  return count > 1 ? ` ×${count}` : ''
}

/** A burst shows its size. A few calls at the same moment, for example of two tabs, do not. */
function crowd(count: number): string {
  return count > 3 ? String(count) : ''
}

function kindOf({ status, kid = '', reissuedKid = '' }: ServerCall): string {
  return `${status} ${kid} ${reissuedKid}`
}
