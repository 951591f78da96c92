import { msw } from 'msw/vite'
import { defineConfig } from 'vite'

// Serves the worker's script. Without Vite, or with msw 2, use `npx msw init public`.
export default defineConfig({ plugins: [msw({ mode: 'worker-only' })] })
