import { msw } from 'msw/vite'
import type { UserConfig } from 'vite'

// Brings the worker's script along. Without Vite, or with msw 2: `npx msw init public`.
const config: UserConfig = { plugins: [msw({ mode: 'worker-only' })] }

export default config
