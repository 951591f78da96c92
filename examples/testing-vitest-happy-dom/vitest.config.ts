// Vitest config of the recipe: tests run in happy-dom.
import { defineConfig } from 'vitest/config'

export default defineConfig({ test: { environment: 'happy-dom' } })
