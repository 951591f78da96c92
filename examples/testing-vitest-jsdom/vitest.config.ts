// Vitest config of the recipe: tests run in jsdom.
import { defineConfig } from 'vitest/config'

export default defineConfig({ test: { environment: 'jsdom' } })
