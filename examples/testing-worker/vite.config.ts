import { msw } from 'msw/vite'
import { defineConfig } from 'vite'

// Brings the worker's script along. Without Vite, or with msw 2: `npx msw init public`.
export default defineConfig({ plugins: [msw({ mode: 'worker-only' })] })
