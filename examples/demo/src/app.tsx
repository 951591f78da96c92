// The page: levers (or the sign-in form) and counters above, the picture in the middle, the words below.
import { useAuth } from 'everbearer/react'
import type { ReactNode } from 'react'
import { Controls } from './controls.tsx'
import { Counters } from './counters.tsx'
import { Header } from './header.tsx'
import { Log } from './log.tsx'
import { SignIn } from './sign-in.tsx'
import { Timeline } from './timeline/timeline.tsx'

export function App(): ReactNode {
  const state = useAuth()
  return (
    <div className="page">
      <Header />
      <main>
        <div className="top">
          {state.status === 'unauthenticated' ? <SignIn reason={state.reason} /> : <Controls />}
          <Counters />
        </div>
        <Timeline />
        <Log />
      </main>
    </div>
  )
}
