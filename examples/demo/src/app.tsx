// Page layout: controls or sign-in form with the counters, then the timeline, then the log.
import { useAuth } from 'everbearer/react'
import { Controls } from './controls.tsx'
import { Counters } from './counters.tsx'
import { Header } from './header.tsx'
import { Log } from './log.tsx'
import { SignIn } from './sign-in.tsx'
import { Timeline } from './timeline/timeline.tsx'

export function App() {
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
