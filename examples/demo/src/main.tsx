// Entry of the page: starts recording, follows the server, starts the API calls, then renders.
import { AuthProvider } from 'everbearer/react'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app.tsx'
import { auth } from './auth.ts'
import { say } from './history/history.ts'
import { startRecording } from './history/recorder.ts'
import { followServer } from './history/server-view.ts'
import { startTraffic } from './traffic.ts'

// Recording starts before the first event: the client restores the session when it is created.
startRecording()
startTraffic()
followServer().catch(() => say('alert', 'The demo server does not answer. Is npm start running?'))

const root = document.getElementById('root')
if (root === null) throw new Error('index.html has no #root.')
createRoot(root).render(
  <StrictMode>
    <AuthProvider client={auth}>
      <App />
    </AuthProvider>
  </StrictMode>
)
